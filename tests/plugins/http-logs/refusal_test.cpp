// SPDX-License-Identifier: Apache-2.0
//
// What becomes of records that a server refuses for what they are.
#include "fakes/log_collector.hpp"
#include "log-backend/http/backend.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>

using namespace cmw::http_logs;
using namespace std::chrono_literals;
using cmw::test::LogCollector;
using cmw::testing::TestBatch;
using Texts = std::vector<std::string>;

namespace {

/// Refuses requests with a bad word, and those over a size.
LogCollector::Judge refusing(const char* status, std::size_t largest = std::string::npos) {
    return [=](const std::string& body) -> std::string {
        if (body.size() > largest) return "413 Content Too Large";
        return body.find("unspeakable") != body.npos ? status : "";
    };
}

struct Site {
    explicit Site(LogCollector::Judge judge, LogCollector::Script script = {})
        : collector("200 OK", std::move(script), std::move(judge)) {}

    struct Outcome {
        std::string text; ///< "": it worked.
        std::int32_t status = CMW_OK;
        std::size_t delivered = 0;
        std::size_t rejected = 0;
    };
    Outcome write(const Texts& lines) {
        TestBatch batch("a", lines);
        auto records = batch.handle();
        Outcome outcome;
        try {
            backend.write(call.handle(), records);
            outcome.delivered = lines.size();
        } catch (const cmw::Error& failure) {
            outcome = {failure.what(), failure.status(), batch.delivered, 0};
        }
        outcome.rejected = batch.rejected;
        return outcome;
    }
    /// Numbers of the lines that were taken, as they came.
    std::vector<std::size_t> sequences() const {
        std::vector<std::size_t> all;
        const std::string key = "\"sequence\":";
        for (const auto& body : collector.bodies())
            for (auto at = body.find(key); at != body.npos; at = body.find(key, at + 1))
                all.push_back(std::stoul(body.substr(at + key.size())));
        return all;
    }
    static HttpBackend::Settings settings_for(const std::string& url) {
        HttpBackend::Settings settings;
        settings.url = url;
        settings.content_type = "application/x-ndjson";
        settings.max_batch = {1024 * 1024};
        settings.timeout = 20s;
        settings.proxy = "none";
        return settings;
    }

    LogCollector collector;
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;
    HttpBackend backend{settings_for(collector.url("/")), host.handle()};
};

Texts numbered(std::size_t count) {
    Texts lines;
    for (std::size_t i = 0; i < count; ++i) lines.push_back("line " + std::to_string(i));
    return lines;
}

} // namespace

TEST_CASE("a record that is refused by itself is found, left out and told without its text") {
    struct Row {
        std::size_t count;
        std::vector<std::size_t> bad;
    };
    const Row rows[] = {{2, {0}},
                        {2, {1}},
                        {1'000, {0}},
                        {1'000, {437}},
                        {1'000, {999}},
                        {1'000, {0, 1, 2, 3}},
                        {50, {7, 8, 30, 49}}};
    for (const auto* status : {"400 Bad Request", "413 Content Too Large", "422 Unprocessable"})
        for (const auto& row : rows) {
            CAPTURE(row.count);
            CAPTURE(row.bad.size());
            Site site(refusing(status));
            auto lines = numbered(row.count);
            std::vector<std::size_t> good;
            for (std::size_t i = 0; i < row.count; ++i)
                if (std::ranges::find(row.bad, i) == row.bad.end()) good.push_back(i + 1);
            for (const auto bad : row.bad) lines[bad] = "an unspeakable thing";
            const auto outcome = site.write(lines);
            CHECK(outcome.text == "");
            CHECK(outcome.rejected == row.bad.size());
            CHECK(site.sequences() == good);
            CHECK(site.collector.requests().size() <= 1 + row.bad.size() * 2 * 10);
            std::string said;
            for (const auto& line : site.host.lines()) said += line + "\n";
            CHECK(said.find("refused by themselves by http://127.0.0.1:") != said.npos);
            CHECK(said.find(std::string(status) + " for the one of 20 bytes, sequence " +
                            std::to_string(row.bad[0] + 1)) != said.npos);
            CHECK(said.find("unspeakable") == said.npos);
        }
}

TEST_CASE("a batch that is too large for the server goes in parts") {
    Site site(refusing("400 Bad Request", 10'000));
    const auto outcome = site.write(numbered(1'000));
    CHECK(outcome.text == "");
    CHECK(outcome.rejected == 0);
    CHECK(site.sequences().size() == 1'000);
    CHECK(std::ranges::is_sorted(site.sequences()));
    CHECK(site.host.lines().empty());
}

TEST_CASE("one record that is too large is left out even if it is all there is") {
    Site site(refusing("400 Bad Request", 10'000));
    CHECK(site.write({std::string(20'000, 'x')}).rejected == 1);
    const auto outcome = site.write({std::string(20'000, 'x'), std::string(20'000, 'y')});
    CHECK(outcome.text == "");
    CHECK(outcome.rejected == 2);
}

TEST_CASE("a server that refuses whatever it is sent costs no record") {
    for (const std::size_t count : {1U, 2U, 30U, 5'000U}) {
        CAPTURE(count);
        Site site([](const std::string&) { return "400 Bad Request"; });
        const auto outcome = site.write(numbered(count));
        CHECK(outcome.status == CMW_INVALID);
        CHECK(outcome.text.find("400 Bad Request") != std::string::npos);
        CHECK(outcome.delivered == 0);
        CHECK(outcome.rejected == 0);
        CHECK(site.host.lines().empty());
        CHECK(site.collector.requests().size() < 250);
    }
}

TEST_CASE("the only record of a batch is left out if the server took others before") {
    Site site(refusing("422 Unprocessable"));
    CHECK(site.write({"an unspeakable thing"}).status == CMW_INVALID);
    CHECK(site.write({"good"}).text == "");
    const auto outcome = site.write({"an unspeakable thing"});
    CHECK(outcome.text == "");
    CHECK(outcome.rejected == 1);
}

TEST_CASE("what was taken and left out before a failure counts, and only the rest comes again") {
    // Refused whole, then its first half; 1 alone is taken, 2 refused, 3 and 4 fail.
    Site site(refusing("400 Bad Request"), [](std::size_t number) {
        return number == 4 ? cmw::test::PostFault::internal_error : cmw::test::PostFault::none;
    });
    const auto outcome = site.write({"a", "an unspeakable thing", "c", "d"});
    CHECK(outcome.status == CMW_AGAIN);
    CHECK(outcome.delivered == 2);
    CHECK(outcome.rejected == 1);
    CHECK(site.sequences() == std::vector<std::size_t>{1});
}

TEST_CASE("other refusals are failures at once") {
    for (const auto* status :
         {"401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed",
          "429 Too Many Requests", "500 Internal Server Error", "301 Moved"}) {
        Site site([=](const std::string&) { return status; });
        CHECK(site.write(numbered(10)).text.find(status) != std::string::npos);
        CHECK(site.collector.requests().size() == 1);
    }
}
