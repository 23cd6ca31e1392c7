// SPDX-License-Identifier: Apache-2.0
#include "shared/s3_error.hpp"
#include "support/fetch_outcome.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::shared;
using namespace std::chrono_literals;

namespace {

const S3Question question{"bins", "server/abcd", "us-east-1", "https://s3.example.org",
                          "the option access-key-id"};

S3Failure failure(int http, const std::string& code, const std::string& region = {}) {
    return {http, "Reason", code, "its own words", region, 7s};
}

} // namespace

TEST_CASE("the error document is read, and nothing else is taken for one") {
    const auto error = parse_s3_error("<?xml version=\"1.0\"?>\n<!-- x -->\n"
                                      "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
                                      " <Code>NoSuchKey</Code><Message>&lt;a &amp; b&#39;&#x41;\n"
                                      "&amp;lt;</Message><Empty/><Key></Key>"
                                      "<Deep><Code>Other</Code></Deep><Region >eu</Region >"
                                      "</Error>");
    CHECK(error.at("Code") == "NoSuchKey");
    CHECK(error.at("Message") == "<a & b'A &lt;");
    CHECK(error.at("Key") == "");
    CHECK(error.at("Region") == "eu");
    CHECK(error.count("Empty") == 0);
    CHECK(error.count("Deep") == 0);
    for (const auto* other :
         {"", "<", "<Error", "<Error>", "<html><Code>x</Code></html>", "NoSuchKey", "<?xml", "<!--",
          "<Error><Code>", "<Error><Code>x", "<Error><Code>x</Code",
          "<!DOCTYPE Error [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>", "</Error>"}) {
        CAPTURE(other);
        CHECK(parse_s3_error(other).empty());
    }
    // Neither control characters nor a flood come into messages.
    CHECK(parse_s3_error("<Error><Code>a\x1b[2J\nb&#10;&unknown;</Code></Error>").at("Code") ==
          "a [2J b??");
    CHECK(parse_s3_error("<Error><Code>" + std::string(10'000, 'x') + "</Code></Error>")
              .at("Code")
              .size() == 300);
    std::string many = "<Error>";
    for (int i = 0; i < 1'000; ++i)
        many += "<N" + std::to_string(i) + ">x</N" + std::to_string(i) + ">";
    CHECK(parse_s3_error(many + "</Error>").size() == 32);
}

TEST_CASE("each of the service's errors is told with what to do") {
    struct Row {
        S3Failure failure;
        cmw_status status;
        const char* says;
    };
    const std::vector<Row> table{
        {failure(404, "NoSuchKey"), CMW_NOT_FOUND, "cannot find server/abcd from the bucket bins"},
        {failure(404, ""), CMW_NOT_FOUND, "not there, or not yet"},
        {failure(404, "NoSuchBucket"), CMW_CONFIG, "cannot find the bucket bins"},
        {failure(403, "AccessDenied"), CMW_DENIED, "s3:GetObject"},
        {failure(403, ""), CMW_DENIED, "the credentials of the option access-key-id may not"},
        {failure(403, "SignatureDoesNotMatch"), CMW_DENIED, "the secret key of"},
        {failure(403, "InvalidAccessKeyId"), CMW_DENIED, "does not know the key id"},
        {failure(400, "ExpiredToken"), CMW_DENIED, "has ended: get a new one"},
        {failure(400, "InvalidToken"), CMW_DENIED, "set both anew"},
        {failure(403, "RequestTimeTooSkewed"), CMW_AGAIN, "clock is more than 15 minutes off"},
        {failure(301, "PermanentRedirect", "eu-west-1"), CMW_CONFIG, "set region = \"eu-west-1\""},
        {failure(301, ""), CMW_CONFIG, "to where the bucket is"},
        {failure(307, "TemporaryRedirect"), CMW_CONFIG, "to where the bucket is"},
        {failure(400, "AuthorizationHeaderMalformed", "eu-west-1"), CMW_CONFIG,
         "the bucket is in the region eu-west-1, not in us-east-1"},
        {failure(400, "AuthorizationHeaderMalformed"), CMW_CONFIG, "region us-east-1"},
        {failure(503, "SlowDown"), CMW_AGAIN, "come back later"},
        {failure(503, ""), CMW_AGAIN, "come back later"},
        {failure(500, "InternalError"), CMW_AGAIN, "an error of its own"},
        {failure(403, "InvalidObjectState"), CMW_DENIED, "restore it first"},
        {failure(418, "Teapot"), CMW_FAILED, "418 Teapot: its own words"},
        {failure(502, ""), CMW_AGAIN, "502 Reason: its own words"},
    };
    for (const auto& row : table) {
        CAPTURE(row.failure.http);
        CAPTURE(row.failure.code);
        const auto error = explain(row.failure, question);
        CHECK(error.status() == row.status);
        const std::string text = error.what();
        CHECK_MESSAGE(text.find(row.says) != text.npos, text);
        CHECK(text.starts_with("cannot "));
    }
    CHECK(explain(failure(503, "SlowDown"), question).retry_after() == 7s);
}

TEST_CASE("who asks without credentials is told to set some") {
    auto anonymous = question;
    anonymous.signed_ = false;
    const std::string text = explain(failure(403, "AccessDenied"), anonymous).what();
    CHECK(text.find("not everybody may; set access-key-id") != text.npos);
}
