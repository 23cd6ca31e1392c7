// SPDX-License-Identifier: Apache-2.0
#include "log-backend/http/backend.hpp"

#include "fakes/log_collector.hpp"
#include "fakes/tls_front.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>

using namespace cmw::http_logs;
using namespace std::chrono_literals;
using cmw::Secret;
using cmw::test::LogCollector;
using cmw::test::PostFault;
using cmw::testing::TestBatch;

namespace {

HttpBackend::Settings settings_for(const std::string& url) {
    HttpBackend::Settings settings;
    settings.url = url;
    settings.content_type = "application/x-ndjson";
    settings.max_batch = {1024 * 1024};
    settings.linger = 1s;
    settings.timeout = 20s;
    settings.proxy = "none";
    return settings;
}

struct Fixture {
    cmw::test::TemporaryFolder folder;
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;

    void write(HttpBackend& backend, const std::vector<std::string>& lines) const {
        TestBatch batch("a", lines);
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
    /// The text of what a write ends with, "" if it worked.
    std::string outcome(const HttpBackend::Settings& settings) const {
        HttpBackend backend(settings, host.handle());
        try {
            write(backend, {"a line"});
            return "";
        } catch (const cmw::Error& failure) {
            return failure.what();
        }
    }
    std::string file(const char* name, const std::string& text) const {
        cmw::test::write_text(folder / name, text);
        return folder / name;
    }
};

LogCollector::Script always(PostFault fault) {
    return [fault](std::size_t) { return fault; };
}

std::string json_line(int sequence, const std::string& text) {
    return "{\"time\":\"2020-09-13T12:26:40.000Z\",\"level\":\"INFO\",\"stream\":\"a\","
           "\"sequence\":" +
           std::to_string(sequence) + ",\"text\":\"" + text + "\"}\n";
}

} // namespace

TEST_CASE_FIXTURE(Fixture,
                  "records are posted as JSON lines, with what was asked for, by one connection") {
    const LogCollector collector("200 OK");
    auto settings = settings_for(collector.url("/logs/{stream}?x=1"));
    settings.headers = {{"X-Key", "secret 1"}};
    settings.bearer_token = Secret("token");
    for (const bool gzip : {false, true}) {
        settings.gzip = gzip;
        HttpBackend backend(settings, host.handle());
        write(backend, {"one", "two\n\"lines\""});
        write(backend, {"three"});
    }
    const auto first = json_line(1, "one") + json_line(2, "two\\n\\\"lines\\\"");
    CHECK(collector.bodies() ==
          std::vector{first, json_line(1, "three"), first, json_line(1, "three")});
    CHECK(collector.connections() == 2);
    for (const auto& request : collector.requests()) {
        CHECK(request.method == "POST");
        CHECK(request.target == "/logs/a?x=1");
        CHECK(request.header("x-key") == "secret 1");
        CHECK(request.header("authorization") == "Bearer token");
        CHECK(request.header("content-type") == "application/x-ndjson");
    }
    CHECK(collector.requests()[0].header("content-encoding") == "");
    CHECK(collector.requests()[3].header("content-encoding") == "gzip");
}

TEST_CASE_FIXTURE(Fixture, "any 2xx is success") {
    for (const auto* status : {"200 OK", "201 Created", "202 Accepted", "204 No Content"}) {
        const LogCollector collector(status);
        CHECK(outcome(settings_for(collector.url("/"))) == "");
    }
    for (const auto* status : {"301 Moved", "400 Bad", "404 Not Found"}) {
        const LogCollector collector(status);
        CHECK_MESSAGE(outcome(settings_for(collector.url("/"))) != "", status);
    }
}

TEST_CASE_FIXTURE(Fixture, "any other end is a failure that names the peer, and no secret") {
    const auto text_of = [&](PostFault fault, std::chrono::nanoseconds timeout = 20s) {
        const LogCollector collector("200 OK", always(fault));
        auto settings =
            settings_for("http://user:password@127.0.0.1:" + std::to_string(collector.port()) +
                         "/logs?key=secret");
        settings.timeout = timeout;
        const auto text = outcome(settings);
        CHECK_MESSAGE(text.find("http://127.0.0.1:") != std::string::npos, text);
        for (const auto* secret : {"password", "secret"})
            CHECK_MESSAGE(text.find(secret) == std::string::npos, text);
        return text;
    };
    CHECK(text_of(PostFault::internal_error)
              .ends_with("/logs: 500 Internal Server Error: it is on fire"));
    CHECK(text_of(PostFault::throttled).find("429 Too Many Requests") != std::string::npos);
    CHECK(text_of(PostFault::garbage) != "");
    CHECK(text_of(PostFault::closed) != "");
    CHECK(text_of(PostFault::half_read) != "");
    CHECK(text_of(PostFault::taken_then_closed) != "");
    CHECK(text_of(PostFault::never_answered, 200ms).find("no byte came") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a server says when to come again") {
    const LogCollector collector("200 OK", always(PostFault::throttled));
    HttpBackend backend(settings_for(collector.url("/")), host.handle());
    try {
        write(backend, {"one"});
        FAIL("it was not refused");
    } catch (const cmw::Error& failure) {
        CHECK(failure.status() == CMW_AGAIN);
        CHECK(failure.retry_after() == 1s);
    }
}

TEST_CASE_FIXTURE(Fixture, "a server that never answers is left when the call is cancelled") {
    const LogCollector collector("200 OK", always(PostFault::never_answered));
    HttpBackend backend(settings_for(collector.url("/")), host.handle());
    const cmw::testing::TestCall limited(100ms);
    TestBatch batch("a", {"one"});
    auto records = batch.handle();
    CHECK_THROWS_WITH_AS(backend.write(limited.handle(), records), "cancelled", cmw::Error);
}

TEST_CASE_FIXTURE(Fixture, "over TLS both ends are who they say") {
    const cmw::test::Authority authority;
    const LogCollector collector("200 OK");
    const cmw::test::TlsFront front(collector.port(), authority.issue(),
                                    {.client_authority = authority.pem()});
    auto settings = settings_for("https://localhost:" + std::to_string(front.port()) + "/");
    CHECK(outcome(settings).find("certificate is not valid") != std::string::npos);
    settings.ca = file("ca.pem", authority.pem());
    CHECK(outcome(settings) != "");
    const auto mine = authority.issue();
    settings.certificate = file("mine.pem", mine.certificate + mine.key);
    CHECK(outcome(settings) == "");
    CHECK(collector.bodies().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "an instance reads its authorities once") {
    const cmw::test::Authority authority;
    const LogCollector collector("200 OK", [](std::size_t number) {
        return number == 1 ? PostFault::closed : PostFault::none;
    });
    const cmw::test::TlsFront front(collector.port(), authority.issue());
    auto settings = settings_for("https://localhost:" + std::to_string(front.port()) + "/");
    settings.ca = file("ca.pem", authority.pem());
    HttpBackend backend(settings, host.handle());
    write(backend, {"one"});
    std::filesystem::remove(*settings.ca);
    CHECK_THROWS_AS(write(backend, {"two"}), cmw::Error);
    write(backend, {"two"}); // By another connection.
    CHECK(collector.bodies() == std::vector{json_line(1, "one"), json_line(1, "two")});
}

TEST_CASE_FIXTURE(Fixture, "options that cannot work are refused") {
    const auto refused = [&](auto change, const char* why) {
        auto settings = settings_for("http://localhost/");
        change(settings);
        CHECK_THROWS_WITH_AS(HttpBackend::check(settings), doctest::Contains(why), cmw::Error);
    };
    refused([](auto& s) { s.url = "localhost"; }, "url");
    refused([](auto& s) { s.url = "http://x/{id}"; }, "{id}");
    refused([](auto& s) { s.headers["a b"] = "c"; }, "header");
    refused([](auto& s) { s.headers["a"] = "c\r\nd: e"; }, "header");
    refused([](auto& s) { s.headers["Content-Length"] = "5"; }, "set by itself");
    refused([](auto& s) { s.bearer_token = Secret("a\nb"); }, "header");
    refused([](auto& s) { s.ca = "/nonexistent/ca.pem"; }, "tls.ca");
    auto settings = settings_for("http://localhost/");
    settings.max_batch = {5000};
    cmw_log_limits limits{sizeof limits, ~0U, ~0ULL, 0, ~0U, 0};
    HttpBackend(settings, host.handle()).limits(limits);
    CHECK(limits.bytes == 5000);
    CHECK(limits.linger_ns == std::chrono::nanoseconds(1s).count());
}
