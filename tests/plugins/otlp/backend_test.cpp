// SPDX-License-Identifier: Apache-2.0
#include "log-backend/otlp/backend.hpp"

#include "fakes/log_collector.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>

using namespace cmw::otlp;
using namespace std::chrono_literals;
using cmw::test::LogCollector;
using cmw::test::PostFault;
using cmw::testing::TestBatch;

namespace {

OtlpBackend::Settings settings_for(const std::string& url) {
    OtlpBackend::Settings settings;
    settings.url = url;
    settings.service_name = "{stream}";
    settings.max_batch = {1024 * 1024};
    settings.timeout = 20s;
    settings.proxy = "none";
    return settings;
}

struct Fixture {
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;

    /// The text of what a write ends with, "" if it worked.
    std::string outcome(const OtlpBackend::Settings& settings) {
        OtlpBackend backend(settings, host.handle());
        return outcome(backend);
    }
    std::string outcome(OtlpBackend& backend) {
        TestBatch batch("a", {"one", "two", "three"});
        auto records = batch.handle();
        try {
            backend.write(call.handle(), records);
            return "";
        } catch (const cmw::Error& failure) {
            return failure.what();
        }
    }
};

/// Answers every request with a status line and a text, and keeps nothing.
class Answering {
  public:
    Answering(const std::string& status, const std::string& text)
        : server_([=](const cmw::test::HttpServer::Request& request,
                      cmw::test::HttpServer::Connection& connection) {
              connection.receive(std::stoul(request.header("content-length")));
              connection.send(
                  cmw::test::http_head(status, {"Content-Length: " + std::to_string(text.size())},
                                       true) +
                  text);
              connection.keep();
          }) {}
    std::string url() const { return server_.url(""); }
    std::size_t requests() const { return server_.requests().size(); }

  private:
    cmw::test::HttpServer server_;
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a batch is sent with its resource's attributes, headers and token") {
    const LogCollector collector("200 OK");
    auto settings = settings_for(collector.url(""));
    settings.service_name = "xx-{stream}";
    settings.attributes = {{"deployment.environment.name", "main"}, {"host.name", "of {hostname}"}};
    settings.headers = {{"X-Key", "k"}};
    settings.bearer_token = cmw::Secret("token");
    OtlpBackend backend(settings, host.handle());
    const cmw_str pairs[] = {cmw::to_str("log.file.path"), cmw::to_str("/var/log/{stream}.log"),
                             cmw::to_str("host.name"), cmw::to_str("")};
    const cmw_value value{CMW_TYPE_MAP, 2, {.list = pairs}};
    const cmw_config use{sizeof(cmw_config), 1, &value};
    TestBatch batch("a", {"one"}, &use);
    auto records = batch.handle();
    backend.write(call.handle(), records);
    REQUIRE(collector.bodies().size() == 1);
    CHECK(collector.bodies()[0].starts_with(
        R"({"resourceLogs":[{"resource":{"attributes":[)"
        R"({"key":"cmw.stream","value":{"stringValue":"a"}},)"
        R"({"key":"deployment.environment.name","value":{"stringValue":"main"}},)"
        R"({"key":"log.file.path","value":{"stringValue":"/var/log/a.log"}},)"
        R"({"key":"service.name","value":{"stringValue":"xx-a"}}]},)"
        R"("scopeLogs":[{"scope":{"name":"cmix-wrapper","version":"0.1.0"},"logRecords":[)"));
    const auto sent = collector.requests().at(0);
    CHECK(sent.method == "POST");
    CHECK(sent.header("x-key") == "k");
    CHECK(sent.header("authorization") == "Bearer token");
    CHECK(sent.header("content-type") == "application/json");
    CHECK(sent.header("content-encoding") == "gzip");
}

TEST_CASE_FIXTURE(Fixture, "the path of the URL is /v1/logs, or the one that it has") {
    const LogCollector collector("204 No Content");
    const std::pair<std::string, std::string> rows[] = {{"", "/v1/logs"},
                                                        {"/", "/v1/logs"},
                                                        {"?key=a/b", "/v1/logs?key=a/b"},
                                                        {"/?key=a", "/v1/logs?key=a"},
                                                        {"/otlp/v1/logs", "/otlp/v1/logs"},
                                                        {"/otlp/", "/otlp/"}};
    for (const auto& [given, target] : rows) {
        CAPTURE(given);
        auto settings = settings_for(collector.url(given));
        settings.gzip = false;
        CHECK(outcome(settings) == "");
        CHECK(collector.requests().back().target == target);
        CHECK(collector.requests().back().header("content-encoding") == "");
    }
    CHECK(collector.bodies().back().find(R"({"key":"service.name","value":{"stringValue":"a"}})") !=
          std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what a partial success rejected is counted, told and not sent again") {
    const Answering receiver(
        "200 OK", R"({"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old)" +
                      std::string(2000, '!') + R"("}})");
    OtlpBackend backend(settings_for(receiver.url()), host.handle());
    CHECK(outcome(backend) == "");
    CHECK(receiver.requests() == 1);
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].find("left out 2 of 3 records of stream a, which " + receiver.url() +
                               "/v1/logs will never take: ") != std::string::npos);
    CHECK(host.lines()[0].find("too old!!!") != std::string::npos);
    CHECK(host.lines()[0].size() < 500);
}

TEST_CASE_FIXTURE(Fixture, "a warning of a receiver that takes all is told once") {
    const Answering receiver("200 OK", R"({"partialSuccess":{"errorMessage":"use v2"}})");
    OtlpBackend backend(settings_for(receiver.url()), host.handle());
    CHECK(outcome(backend) == "");
    CHECK(outcome(backend) == "");
    CHECK(receiver.requests() == 2);
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].find(receiver.url() + " took the records, and says: ") !=
          std::string::npos);
    CHECK(host.lines()[0].find("use v2") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a record that is refused by itself is found and left out") {
    const LogCollector collector(
        "200 OK", [](std::size_t) { return PostFault::none; },
        [](const std::string& body) {
            return body.find("\"two\"") != body.npos ? "400 Bad Request" : "";
        });
    CHECK(outcome(settings_for(collector.url(""))) == "");
    REQUIRE(collector.bodies().size() == 2);
    CHECK(collector.bodies()[0].find("\"one\"") != std::string::npos);
    CHECK(collector.bodies()[1].find("\"three\"") != std::string::npos);
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].find("left out 1 of the records") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a refusal names the peer and its reason, and costs no record") {
    for (const auto* status : {"200 OK", "301 Moved", "400 Bad Request", "404 Not Found",
                               "415 Unsupported Media Type", "500 On Fire"}) {
        const Answering receiver(status, "a page");
        const auto text = outcome(settings_for(receiver.url()));
        CHECK(text == "cannot post to " + receiver.url() + "/v1/logs: " + status + ": a page");
    }
    const LogCollector throttled("200 OK", [](std::size_t) { return PostFault::throttled; });
    OtlpBackend backend(settings_for(throttled.url("")), host.handle());
    TestBatch batch("a", {"one"});
    auto records = batch.handle();
    try {
        backend.write(call.handle(), records);
        FAIL("it was throttled");
    } catch (const cmw::Error& failure) {
        CHECK(failure.status() == CMW_AGAIN);
        CHECK(failure.retry_after() == 1s);
    }
    CHECK(host.lines().empty());
}

TEST_CASE_FIXTURE(Fixture, "options that cannot work are refused") {
    const auto refused = [&](auto change, const char* why) {
        auto settings = settings_for("http://localhost:4318");
        change(settings);
        CHECK_THROWS_WITH_AS(OtlpBackend::check(settings), doctest::Contains(why), cmw::Error);
    };
    OtlpBackend::check(settings_for("http://localhost:4318"));
    refused([](auto& s) { s.url = "collector:4318"; }, "url");
    refused([](auto& s) { s.service_name = "{service}"; }, "{service}");
    refused([](auto& s) { s.attributes["a"] = "{id}"; }, "{id}");
    refused([](auto& s) { s.attributes[""] = "x"; }, "attribute");
    refused([](auto& s) { s.headers["Host"] = "x"; }, "Host");
    CHECK_THROWS_AS(OtlpBackend::check_use(settings_for("http://x"), {{{"a", "{"}}}), cmw::Error);
    cmw_log_limits limits{sizeof limits, ~0U, ~0ULL, 0, ~0U, 0};
    OtlpBackend(settings_for("http://localhost:4318"), host.handle()).limits(limits);
    CHECK(limits.bytes == 1024 * 1024);
    CHECK(limits.record_bytes == ~0U);
}
