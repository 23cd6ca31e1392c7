// SPDX-License-Identifier: Apache-2.0
#include "fakes/log_collector.hpp"
#include "log-backend/loki/backend.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>

using namespace cmw::loki;
using namespace std::chrono_literals;
using cmw::test::LogCollector;
using cmw::test::PostFault;
using cmw::testing::TestBatch;

namespace {

LokiBackend::Settings settings_for(const std::string& url) {
    LokiBackend::Settings settings;
    settings.url = url;
    settings.max_batch = {1024 * 1024};
    settings.timeout = 20s;
    settings.proxy = "none";
    return settings;
}

struct Fixture {
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;

    /// The text of what a write ends with, "" if it worked.
    std::string outcome(const LokiBackend::Settings& settings) const {
        LokiBackend backend(settings, host.handle());
        TestBatch batch("a", {"one", "two"});
        auto records = batch.handle();
        try {
            backend.write(call.handle(), records);
            return "";
        } catch (const cmw::Error& failure) {
            return failure.what();
        }
    }
};

/// Answers every push with a status line and a text.
class Refusing {
  public:
    Refusing(std::string status, std::string text)
        : server_([=](const cmw::test::HttpServer::Request& request,
                      cmw::test::HttpServer::Connection& connection) {
              connection.receive(std::stoul(request.header("content-length")));
              connection.send(
                  cmw::test::http_head(status, {"Content-Length: " + std::to_string(text.size())}) +
                  text);
          }) {}
    std::string url() const { return server_.url(""); }

  private:
    cmw::test::HttpServer server_;
};

cmw_log_record record(std::int64_t time, std::uint64_t sequence, std::uint32_t level,
                      std::string_view text) {
    return {time, sequence, cmw::to_str("cmix"), cmw::to_str(text), level, 0};
}

std::string push(const std::vector<cmw_log_record>& records, bool level_label) {
    const cmw_log_batch table{
        sizeof table, sizeof(cmw_log_record), records.size(), records.data(), nullptr, nullptr};
    std::size_t delivered = 0;
    const cmw::Batch batch(&table, &delivered);
    std::string out;
    append_push(out, {batch.begin(), batch.end(), records.size()}, {{"job", "x\"y"}, {"a", "b"}},
                level_label);
    return out;
}

} // namespace

TEST_CASE("records become entries, a stream of Loki's for each level") {
    const std::vector<cmw_log_record> records{
        record(1'600'000'000'000'000'001, 1, CMW_LEVEL_INFO, "one"),
        record(1'600'000'000'000'000'002, 2, CMW_LEVEL_ERROR, "a\n\"b\""),
        record(1'600'000'000'000'000'003, 3, CMW_LEVEL_INFO, ""),
        record(1'600'000'000'000'000'004, 4, 99, "\xff")};
    CHECK(push(records, true) ==
          R"({"streams":[{"stream":{"a":"b","job":"x\"y","level":"info"},"values":[)"
          R"(["1600000000000000001","one"],["1600000000000000003",""],)"
          "[\"1600000000000000004\",\"\xEF\xBF\xBD\"]]},"
          R"({"stream":{"a":"b","job":"x\"y","level":"error"},"values":[)"
          R"(["1600000000000000002","a\n\"b\""]]}]})");
    CHECK(push({records[0], records[1]}, false) ==
          R"({"streams":[{"stream":{"a":"b","job":"x\"y"},"values":[)"
          R"(["1600000000000000001","one"],["1600000000000000002","a\n\"b\""]]}]})");
}

TEST_CASE("equal lines of one moment stay apart, and a repeat is the same entry") {
    const auto time = [](std::int64_t ns, std::uint64_t sequence) {
        return entry_time(record(ns, sequence, CMW_LEVEL_INFO, ""));
    };
    CHECK(time(5'000'000, 17) == 5'000'017); // A clock of milliseconds or less,
    CHECK(time(5'000'000, 18) == 5'000'018);
    CHECK(time(5'000'000, 17) == 5'000'017);
    CHECK(time(5'000'000, 3'000'017) == 5'000'017);
    CHECK(time(5'123'000, 1'017) == 5'123'017); // of microseconds,
    CHECK(time(5'123'456, 17) == 5'123'456);    // of nanoseconds.
    CHECK(time(0, 0) == 0);
}

TEST_CASE("what Loki will never take is told from what it will, and counted") {
    using Kind = cmw::shared::PostVerdict::Kind;
    const std::string old = "entry for stream '{a=\"b\"}' has timestamp too old: 2020, oldest "
                            "acceptable timestamp is: 2024";
    const std::string behind =
        "entry with timestamp 2024-01-01 00:00:00 +0000 UTC ignored, reason: 'entry too far "
        "behind, oldest acceptable timestamp is: 2024', user 'fake', total ignored: ";
    const std::pair<std::string, std::size_t> rows[] = {
        {behind + "1 out of 2 for stream: {}", 1},
        {behind + "37 out of 100 for stream: {}", 37},
        {old, 1},
        {"3 errors like: " + old, 3},
        {"3 errors like: " + old + "; 40 errors like: " + old, 43},
        {"entry for stream '{}' has timestamp too new: 2030-01-01T00:00:00Z", 1},
        {"Max entry size '262144' bytes exceeded for stream '{}' while adding an entry", 1},
        {"entry out of order", 1}};
    for (const auto& [text, count] : rows) {
        CAPTURE(text);
        CHECK(judge(400, text).kind == Kind::taken);
        CHECK(judge(400, text).rejected == count);
        CHECK(judge(500, text).kind == Kind::failed);
    }
    for (const auto* text : {"", "error parsing labels", "no org id",
                             "stream '{}' has 20 label names; limit 15", "couldn't parse"})
        CHECK_MESSAGE(judge(400, text).kind == Kind::refused, text);
    CHECK(judge(413, "request body too large").kind == Kind::refused);
    // Some of these can be taken later.
    CHECK(judge(400, "ignored, reason: 'Per stream rate limit exceeded', " + behind + "3 out of 9")
              .kind == Kind::failed);
    CHECK(judge(429, "slow down").kind == Kind::failed);
    CHECK(judge(204, "").kind == Kind::taken);
    CHECK(judge(200, "a page").kind == Kind::failed); // From somebody else.
}

TEST_CASE("names of labels") {
    for (const auto* name : {"a", "_b", "job", "A1_"}) CHECK(is_label_name(name));
    for (const auto* name : {"", "1a", "a-b", "a b", "__name__", "\xc3\xa4"})
        CHECK_FALSE(is_label_name(name));
}

TEST_CASE_FIXTURE(Fixture, "a batch is pushed with labels, tenant and token") {
    const LogCollector loki("204 No Content");
    auto settings = settings_for(loki.url(""));
    settings.labels = {{"job", "node"}, {"log", "{stream}"}};
    settings.tenant = "me";
    settings.bearer_token = cmw::Secret("token");
    LokiBackend backend(settings, host.handle());
    const cmw_str pairs[] = {cmw::to_str("job"), cmw::to_str("other")};
    const cmw_value value{CMW_TYPE_MAP, 1, {.list = pairs}};
    const cmw_config use{sizeof(cmw_config), 1, &value};
    TestBatch batch("a", {"one"}, &use);
    auto records = batch.handle();
    backend.write(call.handle(), records);
    REQUIRE(loki.bodies().size() == 1);
    CHECK(loki.bodies()[0] == R"({"streams":[{"stream":{"job":"other","level":"info","log":"a"},)"
                              R"("values":[["1600000000000000001","one"]]}]})");
    const auto request = loki.requests().at(0);
    CHECK(request.target == "/loki/api/v1/push");
    CHECK(request.header("x-scope-orgid") == "me");
    CHECK(request.header("authorization") == "Bearer token");
    CHECK(request.header("content-type") == "application/json");
    CHECK(request.header("content-encoding") == "gzip");
}

TEST_CASE_FIXTURE(Fixture, "a path in the URL is kept, and labels have their defaults") {
    const LogCollector loki("204 No Content");
    auto settings = settings_for(loki.url("/insert/loki/api/v1/push"));
    settings.gzip = false;
    CHECK(outcome(settings) == "");
    CHECK(loki.requests().at(0).target == "/insert/loki/api/v1/push");
    CHECK(loki.requests().at(0).header("x-scope-orgid") == "");
    const auto body = loki.bodies().at(0);
    CHECK(body.find(R"("job":"cmix-wrapper","level":"info","stream":"a"})") != body.npos);
    CHECK(body.find(R"("host":")") != body.npos);
}

TEST_CASE_FIXTURE(Fixture, "only 204 is success, and a refusal names the peer and its reason") {
    for (const auto* status : {"200 OK", "301 Moved", "404 Not Found", "500 On Fire"}) {
        const Refusing loki(status, "a page");
        const auto text = outcome(settings_for(loki.url()));
        CHECK(text == "cannot post to " + loki.url() + "/loki/api/v1/push: " + status + ": a page");
    }
    const LogCollector throttled("204 No Content",
                                 [](std::size_t) { return PostFault::throttled; });
    CHECK(outcome(settings_for(throttled.url(""))).find(": 429 Too Many Requests") !=
          std::string::npos);
    CHECK(host.lines().empty());
}

TEST_CASE_FIXTURE(Fixture, "what will never be taken does not come again, and is told") {
    const Refusing loki("400 Bad Request",
                        "entry with timestamp x ignored, reason: 'entry too far behind'\n,total");
    CHECK(outcome(settings_for(loki.url())) == "");
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].starts_with("left out 1 of 2 records of stream a, which " + loki.url() +
                                      "/loki/api/v1/push will never take: entry with timestamp"));
    CHECK(host.lines()[0].find("entry too far behind") != std::string::npos);
    const Refusing other("400 Bad Request", "error parsing labels");
    CHECK(outcome(settings_for(other.url())).find("error parsing labels") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "options that cannot work are refused") {
    const auto refused = [&](auto change, const char* why) {
        auto settings = settings_for("http://localhost:3100");
        change(settings);
        CHECK_THROWS_WITH_AS(LokiBackend::check(settings), doctest::Contains(why), cmw::Error);
    };
    refused([](auto& s) { s.url = "loki:3100"; }, "url");
    refused([](auto& s) { s.labels["a-b"] = "c"; }, "label");
    refused([](auto& s) { s.labels["a"] = "{id}"; }, "{id}");
    refused([](auto& s) { s.tenant = "a\nb"; }, "header");
    CHECK_THROWS_AS(LokiBackend::check_use(settings_for("http://x"), {{{"__x", "y"}}}), cmw::Error);
    cmw_log_limits limits{sizeof limits, ~0U, ~0ULL, 0, ~0U, 0};
    LokiBackend(settings_for("http://localhost:3100"), host.handle()).limits(limits);
    CHECK(limits.record_bytes <= 256 * 1024 / 3);
}
