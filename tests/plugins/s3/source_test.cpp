// SPDX-License-Identifier: Apache-2.0
#include "fakes/s3/fake_s3.hpp"
#include "fetching.hpp"

#include <algorithm>

using namespace cmw;
using namespace cmw::s3;
using namespace std::chrono_literals;
using cmw::test::FakeS3;
using cmw::test::HttpServer;
using cmw::test::s3_refusal;
using cmw::testing::TestWriter;

namespace {

struct Bucket {
    FakeS3 s3;
    HttpServer server{s3.handler()};
    Source::Settings settings = settings_for(server.url(""));
    std::string content = std::string(100'000, 'a') + "end";
    TestWriter writer;

    Bucket() {
        s3.change([&](auto& its) { its.objects["server/abcd"] = content; });
    }
};

HttpServer::Handler answer_with(const std::string& bytes) {
    return [bytes](const HttpServer::Request&, HttpServer::Connection& connection) {
        connection.send(bytes);
    };
}

} // namespace

TEST_CASE_FIXTURE(Bucket, "an object is fetched with a signed request") {
    CHECK(fetch(settings, writer).text == "");
    CHECK(writer.content == content);
    CHECK(writer.total == content.size());
    const auto request = server.requests().at(0);
    CHECK(request.target == "/bins/server/abcd");
    CHECK(request.header("x-amz-content-sha256").size() == 64);
    CHECK(request.header("user-agent") == "cmix-wrapper/test");
}

TEST_CASE_FIXTURE(Bucket, "a key of any characters is signed as it is sent") {
    for (const auto* key : {"a b/c+d/{digest}", "//x/../y", "\u00e9~%41?#&=", "x/."}) {
        CAPTURE(key);
        settings.key = key;
        const std::string name(key);
        const auto object =
            name.substr(0, name.find("{digest}")) + (name.ends_with("{digest}") ? "abcd" : "");
        s3.change([&](auto& its) { its.objects = {{object, "found"}}; });
        TestWriter found;
        CHECK(fetch(settings, found).text == "");
        CHECK(found.content == "found");
    }
}

TEST_CASE_FIXTURE(Bucket, "the key may be the path that the network names") {
    settings.key = "{path}";
    s3.change([&](auto& its) { its.objects = {{"new/node-2", "found"}}; });
    Fetching fetching(settings);
    TestWriter found;
    CHECK(fetching.fetch(found, {"https://elsewhere/node", "new/node-2"}).text == "");
    CHECK(found.content == "found");
    const auto none = fetching.fetch(writer, {"https://elsewhere/node"});
    CHECK(none.status == CMW_NOT_FOUND);
    CHECK(none.text == "cannot fetch server: the network names no path for it");
    settings.key = "server/{path}"; // Also as a part of it.
    s3.change([&](auto& its) { its.objects = {{"server/node-2", "found"}}; });
    CHECK(Fetching(settings).fetch(writer, {"node-2"}).text == "");
}

TEST_CASE_FIXTURE(Bucket, "temporary credentials send their token") {
    s3.change([&](auto& its) { its.session_token = "token"; });
    settings.session_token = Secret("token");
    CHECK(fetch(settings, writer).text == "");
    CHECK(server.requests().at(0).header("x-amz-security-token") == "token");
}

TEST_CASE_FIXTURE(Bucket, "what everybody may read is asked for without a signature") {
    settings.credentials = "anonymous";
    settings.key_id = "";
    settings.secret = {};
    CHECK(fetch(settings, writer).says("not everybody may"));
    s3.change([&](auto& its) { its.for_everybody = true; });
    CHECK(fetch(settings, writer).text == "");
    CHECK(server.requests().at(1).header("authorization") == "");
}

TEST_CASE_FIXTURE(Bucket, "a refusal is told in words, without secrets") {
    struct Row {
        void (*change)(Source::Settings&);
        cmw_status status;
        const char* says;
    };
    const std::vector<Row> table{
        {[](auto& its) { its.secret = Secret("hidden"); }, CMW_DENIED, "is not that of its key id"},
        {[](auto& its) { its.key_id = "AKIAUNKNOWN"; }, CMW_DENIED, "does not know the key id"},
        {[](auto& its) { its.region = "eu-west-1"; }, CMW_CONFIG, "set region = \"us-east-1\""},
        {[](auto& its) { its.bucket = "other"; }, CMW_CONFIG, "cannot find the bucket other"},
        {[](auto& its) { its.key = "nothing"; }, CMW_NOT_FOUND, "cannot find nothing"},
        {[](auto& its) { its.session_token = Secret("hidden"); }, CMW_DENIED, "has ended"},
    };
    for (const auto& row : table) {
        auto changed = settings;
        row.change(changed);
        const auto done = fetch(changed, writer);
        CHECK(done.status == row.status);
        CHECK_MESSAGE(done.says(row.says), done.text);
        CHECK_FALSE(done.says("hidden"));
        CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
    }
}

TEST_CASE_FIXTURE(Bucket, "a clock that is off is corrected by the server's, once") {
    s3.change([&](auto& its) { its.clock = 20 * 60; });
    SUBCASE("behind") {}
    SUBCASE("ahead") {
        s3.change([&](auto& its) { its.clock = -20 * 60; });
    }
    Fetching fetching(settings);
    CHECK(fetching.fetch(writer).text == "");
    CHECK(writer.content == content);
    CHECK(server.requests().size() == 2);
    REQUIRE(fetching.host.lines().size() == 1);
    CHECK(fetching.host.lines()[0].find("set the clock") != std::string::npos);
    // It is remembered, and corrected again when the clock was set.
    TestWriter again;
    CHECK(fetching.fetch(again).text == "");
    CHECK(server.requests().size() == 3);
    s3.change([&](auto& its) { its.clock = 0; });
    TestWriter later;
    CHECK(fetching.fetch(later).text == "");
    CHECK(server.requests().size() == 5);
}

TEST_CASE("a server whose clock makes no sense is not asked for ever") {
    const HttpServer server(answer_with(s3_refusal("403 Forbidden", "RequestTimeTooSkewed", "",
                                                   {"Date: Wed, 21 Oct 2015 07:28:00 GMT"})));
    TestWriter writer;
    const auto done = fetch(settings_for(server.url("")), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.says("clock is more than 15 minutes off"));
    CHECK(server.requests().size() == 2);
}

TEST_CASE_FIXTURE(Bucket, "a fetch goes on where it broke off, if the object is the same") {
    s3.change([&](auto& its) { its.send_at_most = 60'000; });
    Fetching fetching(settings);
    const auto broken = fetching.fetch(writer);
    CHECK(broken.status == CMW_AGAIN);
    CHECK(broken.says("60000 of 100003 bytes came"));
    TestWriter kept(writer.content);
    s3.change([&](auto& its) { its.send_at_most = std::string::npos; });
    SUBCASE("by a range") {
        CHECK(fetching.fetch(kept).text == "");
        CHECK(kept.began_at == 60'000);
        CHECK(server.requests().at(1).header("range") == "bytes=60000-");
        CHECK(server.requests().at(1).header("if-match") == test::s3_etag(content));
    }
    SUBCASE("anew where it was replaced") {
        content = std::string(100'003, 'b');
        s3.change([&](auto& its) { its.objects["server/abcd"] = content; });
        CHECK(fetching.fetch(kept).text == "");
        CHECK(kept.began_at == 0);
        CHECK(server.requests().size() == 3);
    }
    SUBCASE("anew where it is shorter by now") {
        content = "short";
        s3.change([&](auto& its) { its.objects["server/abcd"] = content; });
        CHECK(fetch(settings, kept).text == "");
        CHECK(kept.began_at == 0);
    }
    SUBCASE("by an instance that has not seen it before") {
        CHECK(fetch(settings, kept).text == "");
        CHECK(kept.began_at == 60'000);
    }
    CHECK(kept.content == content);
}

TEST_CASE_FIXTURE(Bucket, "nothing is fetched again where all is kept") {
    TestWriter all(content);
    CHECK(fetch(settings, all).text == "");
    CHECK(all.content == content);
    CHECK(all.began_at == content.size());
    CHECK(server.requests().size() == 1);
}

TEST_CASE("a service that is busy is asked again when it says") {
    const HttpServer server(
        answer_with(s3_refusal("503 Slow Down", "SlowDown", "", {"Retry-After: 9"})));
    TestWriter writer;
    const auto done = fetch(settings_for(server.url("")), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.retry_after == 9s);
}

TEST_CASE("a redirect is not followed: its region is named") {
    const HttpServer server(answer_with(
        s3_refusal("301 Moved Permanently", "PermanentRedirect",
                   "<Endpoint>bins.s3.eu-west-1.amazonaws.com</Endpoint>",
                   {"x-amz-bucket-region: eu-west-1", "Location: http://127.0.0.1:1/"})));
    TestWriter writer;
    const auto done = fetch(settings_for(server.url("")), writer);
    CHECK(done.status == CMW_CONFIG);
    CHECK(done.says("set region = \"eu-west-1\""));
    CHECK(server.requests().size() == 1);
}

TEST_CASE("an answer that is no error document is told by its number") {
    const HttpServer server(
        answer_with(test::http_head("502 Bad Gateway", {"Content-Length: 6"}) + "<html>"));
    TestWriter writer;
    const auto done = fetch(settings_for(server.url("")), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.says("502 Bad Gateway"));
}
