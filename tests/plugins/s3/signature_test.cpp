// SPDX-License-Identifier: Apache-2.0
//
// Against what AWS itself published.
#include "shared/aws_signature.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::shared;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string last_part(const std::string& authorization, const std::string& name) {
    const auto at = authorization.find(name + "=");
    REQUIRE(at != authorization.npos);
    const auto start = at + name.size() + 1;
    return authorization.substr(start, authorization.find(',', start) - start);
}

struct Vector {
    const char* name;
    AwsRequest request;
    const char* signed_headers;
    const char* signature;
    const char* token = "";
};

AwsRequest request_of(const std::string& method, const std::string& path, Fields query = {},
                      Fields headers = {}, const std::string& body = {}) {
    return {method, path, std::move(query), std::move(headers), body};
}

} // namespace

// Names, requests and signatures from aws-sig-v4-test-suite, which AWS published with its General
// Reference ("Signature Version 4 test suite"): AKIDEXAMPLE, us-east-1, service "service",
// 2015-08-30 12:36:00 UTC.
TEST_CASE("the signatures are those of AWS's signature version 4 test suite") {
    const std::string unreserved =
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const std::string vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    const char* plain = "host;x-amz-date";
    const char* with_header = "host;my-header1;x-amz-date";
    const std::vector<Vector> table{
        {"get-vanilla", request_of("GET", "/"), plain, vanilla.c_str()},
        {"get-vanilla-empty-query-key", request_of("GET", "/", {{"Param1", "value1"}}), plain,
         "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        {"get-vanilla-query-order-key-case",
         request_of("GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}), plain,
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"get-vanilla-query-order-key",
         request_of("GET", "/", {{"Param1", "value2"}, {"Param1", "Value1"}}), plain,
         "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
        {"get-vanilla-query-order-value",
         request_of("GET", "/", {{"Param1", "value2"}, {"Param1", "value1"}}), plain,
         "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
        {"get-vanilla-query-unreserved", request_of("GET", "/", {{unreserved, unreserved}}), plain,
         "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
        {"get-vanilla-utf8-query", request_of("GET", "/", {{"\u1234", "bar"}}), plain,
         "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        {"get-unreserved", request_of("GET", "/" + unreserved), plain,
         "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        {"get-utf8", request_of("GET", "/\u1234"), plain,
         "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        {"get-header-key-duplicate",
         request_of("GET", "/", {},
                    {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}),
         with_header, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        {"get-header-value-multiline",
         request_of(
             "GET", "/", {},
             {{"My-Header1", "value1"}, {"My-Header1", "  value2"}, {"My-Header1", "     value3"}}),
         with_header, "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"},
        {"get-header-value-order",
         request_of("GET", "/", {},
                    {{"My-Header1", "value4"},
                     {"My-Header1", "value1"},
                     {"My-Header1", "value3"},
                     {"My-Header1", "value2"}}),
         with_header, "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
        {"get-header-value-trim",
         request_of("GET", "/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
         "host;my-header1;my-header2;x-amz-date",
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        {"get-relative", request_of("GET", "/example/.."), plain, vanilla.c_str()},
        {"get-relative-relative", request_of("GET", "/example1/example2/../.."), plain,
         vanilla.c_str()},
        {"get-slash", request_of("GET", "//"), plain, vanilla.c_str()},
        {"get-slash-dot-slash", request_of("GET", "/./"), plain, vanilla.c_str()},
        {"get-slash-pointless-dot", request_of("GET", "/./example"), plain,
         "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
        {"get-slashes", request_of("GET", "//example//"), plain,
         "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        {"get-space", request_of("GET", "/example space/"), plain,
         "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
        {"post-vanilla", request_of("POST", "/"), plain,
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"post-vanilla-query", request_of("POST", "/", {{"Param1", "value1"}}), plain,
         "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
        {"post-header-key-sort", request_of("POST", "/", {}, {{"My-Header1", "value1"}}),
         with_header, "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
        {"post-header-value-case", request_of("POST", "/", {}, {{"My-Header1", "VALUE1"}}),
         with_header, "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
        {"post-x-www-form-urlencoded",
         request_of("POST", "/", {}, {{"Content-Type", "application/x-www-form-urlencoded"}},
                    "Param1=value1"),
         "content-type;host;x-amz-date",
         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
        {"post-x-www-form-urlencoded-parameters",
         request_of("POST", "/", {},
                    {{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}},
                    "Param1=value1"),
         "content-type;host;x-amz-date",
         "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
        {"post-sts-header-before", request_of("POST", "/"), "host;x-amz-date;x-amz-security-token",
         "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
         "AQoDYXdzEPT//////////"
         "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu"
         "wthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75"
         "YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
         "scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="},
    };
    for (auto vector : table) {
        INFO(vector.name);
        vector.request.headers.emplace_back("Host", "example.amazonaws.com");
        const auto added = sign(vector.request, {"us-east-1", "service", 1'440'938'160},
                                {"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                                 Secret(vector.token)});
        const auto& authorization = added.at("Authorization");
        CHECK(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
                                        "us-east-1/service/aws4_request, "));
        CHECK(last_part(authorization, "SignedHeaders") == vector.signed_headers);
        CHECK(last_part(authorization, "Signature") == vector.signature);
        CHECK(added.at("X-Amz-Date") == "20150830T123600Z");
        CHECK(added.count("X-Amz-Security-Token") == (*vector.token != '\0' ? 1 : 0));
    }
}

// "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk",
// Amazon S3 API Reference: its four examples, 2013-05-24 00:00:00 UTC.
TEST_CASE("the signatures are those of the examples in the documentation of Amazon S3") {
    const auto with_hash = [](const AwsRequest& request) {
        auto whole = request;
        whole.headers.emplace_back("x-amz-date", "20130524T000000Z");
        whole.headers.emplace_back("x-amz-content-sha256", sha256_hex(request.body));
        return whole;
    };
    struct Row {
        const char* name;
        AwsRequest request;
        const char* canonical_hash;
        const char* signature;
    };
    const std::vector<Row> table{
        {"GET Object", request_of("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}),
         "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {"PUT Object",
         request_of("PUT", "/test$file.text", {},
                    {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                    "Welcome to Amazon S3."),
         "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
        {"GET Bucket lifecycle", request_of("GET", "/", {{"lifecycle", ""}}), nullptr,
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"GET Bucket (List Objects)", request_of("GET", "/", {{"max-keys", "2"}, {"prefix", "J"}}),
         nullptr, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    const AwsScope scope{"us-east-1", "s3", 1'369'353'600};
    for (auto row : table) {
        CAPTURE(row.name);
        row.request.headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
        if (row.canonical_hash != nullptr)
            CHECK(sha256_hex(canonical_request(with_hash(row.request), scope)) ==
                  row.canonical_hash);
        const auto added =
            sign(row.request, scope,
                 {"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}});
        CHECK(last_part(added.at("Authorization"), "Signature") == row.signature);
        CHECK(added.at("X-Amz-Content-Sha256") == sha256_hex(row.request.body));
    }
}

TEST_CASE("a key of S3 is signed as it is, dots and slashes too") {
    const auto path_in = [](const std::string& path, const char* service) {
        const auto text = canonical_request(request_of("GET", path), {"us-east-1", service, 0});
        return text.substr(4, text.find('\n', 4) - 4);
    };
    CHECK(path_in("/b//a/../c d+e%", "s3") == "/b//a/../c%20d%2Be%25");
    CHECK(path_in("/b//a/../c/", "logs") == "/b/c/");
    CHECK(path_in("", "logs") == "/");
    CHECK(path_in("/..", "logs") == "/");
    CHECK(aws_encode("a/b \u00e9", false) == "a%2Fb%20%C3%A9");
}
