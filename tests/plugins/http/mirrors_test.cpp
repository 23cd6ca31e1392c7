// SPDX-License-Identifier: Apache-2.0
#include "binary-source/http/places.hpp"
#include "fakes/http_server.hpp"
#include "plugins/http/fetching.hpp"

#include <functional>
#include <mutex>
#include <thread>

using namespace cmw;
using namespace cmw::http;
using namespace std::chrono_literals;
using cmw::test::FileManners;
using cmw::test::http_head;
using cmw::test::HttpServer;
using cmw::test::serve_file;
using cmw::testing::TestCall;
using cmw::testing::TestWriter;

namespace {

std::string some_content(std::size_t size) {
    std::string content(size, ' ');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7 + i / 251);
    return content;
}

HttpServer::Handler answer_with(const std::string& bytes) {
    return [bytes](const HttpServer::Request&, HttpServer::Connection& connection) {
        connection.send(bytes);
    };
}

Source::Settings settings_of(const HttpServer& first, const HttpServer& second) {
    auto settings = settings_for(first.url("/{target}"));
    settings.mirrors = {second.url("/mirror/{digest}")};
    return settings;
}

} // namespace

TEST_CASE("the next mirror is asked where one fails or lacks the file") {
    const HttpServer good(serve_file("content"));
    TestWriter writer;
    for (const auto* refusal : {"404 Not Found", "403 Forbidden", "500 Internal Server Error"}) {
        CAPTURE(refusal);
        const HttpServer bad(answer_with(http_head(refusal, {"Content-Length: 0"})));
        TestWriter next;
        CHECK(fetch(settings_of(bad, good), next).text == "");
        CHECK(next.content == "content");
        CHECK(bad.requests().size() == 1);
    }
    CHECK(good.requests().front().target == "/mirror/abcd");
    SUBCASE("but not where the first has it") {
        const HttpServer first(serve_file("first"));
        const auto before = good.requests().size();
        CHECK(fetch(settings_of(first, good), writer).text == "");
        CHECK(writer.content == "first");
        CHECK(good.requests().size() == before);
    }
    SUBCASE("without what is only for the first") {
        const HttpServer bad(answer_with(http_head("404 Not Found", {"Content-Length: 0"})));
        auto settings = settings_of(bad, good);
        settings.authorization = Secret("Bearer hidden");
        CHECK(fetch(settings, writer).text == "");
        CHECK(bad.requests().front().header("authorization") == "Bearer hidden");
        CHECK(good.requests().back().header("authorization") == "");
    }
}

TEST_CASE("when all fail, the host learns whether a retry is worth it") {
    const HttpServer missing(answer_with(http_head("404 Not Found", {"Content-Length: 0"})));
    const HttpServer denied(answer_with(http_head("403 Forbidden", {"Content-Length: 0"})));
    const HttpServer busy(
        answer_with(http_head("503 Busy", {"Retry-After: 7", "Content-Length: 0"})));
    TestWriter writer;
    CHECK(fetch(settings_of(missing, missing), writer).status == CMW_NOT_FOUND);
    const auto both = fetch(settings_of(missing, denied), writer);
    CHECK(both.status == CMW_DENIED);
    CHECK(both.text == "cannot read " + missing.url("/server") + ": 404 Not Found; cannot read " +
                           denied.url("/mirror/abcd") + ": 403 Forbidden");
    const auto later = fetch(settings_of(denied, busy), writer);
    CHECK(later.status == CMW_AGAIN);
    CHECK(later.retry_after == 7s);
}

TEST_CASE("the next mirror goes on where a transfer broke off, if the size is the same") {
    const auto content = some_content(10'000);
    for (const auto after : {FileManners::close, FileManners::reset, FileManners::stall}) {
        CAPTURE(after);
        const HttpServer broken(serve_file(content, {.send_at_most = 6'000, .after = after}));
        const auto fetch_with = [&](const HttpServer& next, TestWriter& writer) {
            auto settings = settings_of(broken, next);
            settings.stall_timeout = 200ms;
            return fetch(settings, writer);
        };
        const HttpServer ranges(serve_file(content));
        TestWriter by_range;
        CHECK(fetch_with(ranges, by_range).text == "");
        CHECK((by_range.content == content));
        // A reset may overtake the bytes before it.
        if (after != FileManners::reset) CHECK(ranges.requests().at(0).range_from() == 6'000);

        const HttpServer no_ranges(serve_file(content, {.ranges = false, .piece = 999}));
        TestWriter passed_over;
        CHECK(fetch_with(no_ranges, passed_over).text == "");
        CHECK((passed_over.content == content));
        CHECK(passed_over.began_at == 0);
    }
}

TEST_CASE("the next mirror does not go on with another file") {
    const HttpServer broken(serve_file(some_content(10'000), {.send_at_most = 6'000}));
    const HttpServer next(serve_file(some_content(10'001)));
    TestWriter writer;
    const auto done = fetch(settings_of(broken, next), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.says("its size is not that of the file"));
    CHECK((writer.content == some_content(6'000)));
}

TEST_CASE("a transfer that only trickles has stalled") {
    const auto content = some_content(1'000);
    const HttpServer slow([&](const auto&, auto& connection) {
        connection.send(http_head("200 OK", {"Content-Length: 1000"}));
        for (const char& byte : content) {
            connection.send({&byte, 1});
            std::this_thread::sleep_for(5ms);
        }
    });
    const HttpServer next(serve_file(content));
    TestWriter writer;
    auto settings = settings_of(slow, next);
    settings.stall_timeout = 100ms;
    settings.stall_size = {500};
    CHECK(fetch(settings, writer).text == "");
    CHECK(writer.content == content);
    CHECK(next.requests().at(0).range_from() > 0);
}

TEST_CASE("a bandwidth limit waits in a way that a cancel ends") {
    const HttpServer server(serve_file(std::string(10'000'000, 'x')));
    auto settings = settings_for(server.url("/"));
    settings.bandwidth = {1'024};
    const TestCall call(300ms);
    TestWriter writer;
    CHECK(fetch(settings, writer, call).status == CMW_CANCELLED);
    // A second's worth, what came with it, and what 0.3 s and a slow machine let through.
    CHECK(writer.content.size() > 0);
    CHECK(writer.content.size() < 1'000'000);
}

TEST_CASE("when the host wants no more no mirror is asked") {
    const HttpServer server(serve_file(some_content(100'000)));
    const HttpServer next(serve_file(some_content(100'000)));
    TestWriter writer({}, 1'000);
    CHECK(fetch(settings_of(server, next), writer).text ==
          "cannot take more: the limit is reached");
    CHECK(next.requests().empty());
}

namespace {

/// A file with an ETag, which it can be asked for by; it can be replaced.
class Changing {
  public:
    Changing(std::string content, std::string tag, std::size_t send_at_most) {
        set(std::move(content), std::move(tag), send_at_most);
    }
    void set(std::string content, std::string tag, std::size_t send_at_most) {
        const std::lock_guard lock(mutex_);
        content_ = std::move(content);
        tag_ = std::move(tag);
        send_at_most_ = send_at_most;
    }
    void operator()(const HttpServer::Request& request, HttpServer::Connection& connection) {
        const std::lock_guard lock(mutex_);
        const auto match = request.header("if-range");
        const auto from = match.empty() || match == tag_ ? request.range_from() : 0;
        const auto size = std::to_string(content_.size());
        connection.send(
            http_head(from == 0 ? "200 OK" : "206 Partial Content",
                      {"ETag: " + tag_, "Content-Length: " + std::to_string(content_.size() - from),
                       "Content-Range: bytes " + std::to_string(from) + "-9999/" + size}));
        connection.send(content_.substr(from).substr(0, send_at_most_));
    }

  private:
    std::mutex mutex_;
    std::string content_;
    std::string tag_;
    std::size_t send_at_most_ = 0;
};

} // namespace

TEST_CASE("a file that changed is fetched anew, by its ETag") {
    const auto content = some_content(10'000);
    const auto other = some_content(20'000).substr(10'000);
    Changing file(content, "\"one\"", 6'000);
    const HttpServer server(std::ref(file));
    const testing::TestHost host;
    const TestCall call;
    Source source(settings_for(server.url("/")), host.handle());
    TestWriter first;
    CHECK(test::fetch_with(source, first, call).status == CMW_AGAIN);
    TestWriter second(first.content);
    SUBCASE("or goes on where it did not") {
        file.set(content, "\"one\"", std::string::npos);
        CHECK(test::fetch_with(source, second, call).text == "");
        CHECK(second.began_at == 6'000);
        CHECK(server.requests().back().header("if-range") == "\"one\"");
        CHECK((second.content == content));
    }
    SUBCASE("from its first byte") {
        file.set(other, "\"two\"", std::string::npos);
        CHECK(test::fetch_with(source, second, call).text == "");
        CHECK(second.began_at == 0);
        CHECK((second.content == other));
    }
}

TEST_CASE("the URLs that the network names are asked when the options say so") {
    const HttpServer server(serve_file("content"));
    const std::vector<std::string> locations{"s3::https://example.org/x", "not a url",
                                             server.url("/named?checksum=sha256:00&a=b"),
                                             server.url("/second")};
    auto settings = settings_for("");
    settings.use_locations = true;
    TestWriter writer;
    CHECK(check(settings).text == "");
    CHECK(fetch(settings, writer, locations).text == "");
    CHECK(writer.content == "content");
    CHECK(server.requests().at(0).target == "/named?a=b");
    CHECK(fetch(settings, writer).status == CMW_NOT_FOUND);
    SUBCASE("after those of the options, without their secrets") {
        const HttpServer own(answer_with(http_head("404 Not Found", {"Content-Length: 0"})));
        settings.url = own.url("/");
        settings.authorization = Secret("Bearer hidden");
        TestWriter named;
        CHECK(fetch(settings, named, locations).text == "");
        CHECK(own.requests().size() == 1);
        CHECK(server.requests().back().header("authorization") == "");
    }
    SUBCASE("and not otherwise") {
        settings.use_locations = false;
        CHECK(check(settings).says("set url, mirrors or use-locations"));
        TestWriter none;
        CHECK(fetch(settings, none, locations).status == CMW_NOT_FOUND);
    }
}

TEST_CASE("a location is used without the word to the network's own tool") {
    for (const auto& [location, url] : std::vector<std::pair<std::string, std::string>>{
             {"https://a.org/x?checksum=sha256:ab", "https://a.org/x"},
             {"https://a.org/x?checksum=sha256:ab&y=z", "https://a.org/x?y=z"},
             {"https://a.org/x?y=z&checksum=sha256:ab&w", "https://a.org/x?y=z&w"},
             {"https://a.org/x?mychecksum=1", "https://a.org/x?mychecksum=1"},
             {"http://a.org/a%20b/%2Fc", "http://a.org/a%20b/%2Fc"},
             {"ftp://a.org/x", ""},
             {"git::https://a.org/x", ""},
             {"/x", ""},
             {"https:///x", ""},
             {"", ""}}) {
        CAPTURE(location);
        CHECK(usable_location(location) == url);
    }
}

TEST_CASE("mirrors that cannot work are told before") {
    auto settings = settings_for("https://example.org/{target}");
    settings.mirrors = {"https://mirror.example.org/{digest}"};
    CHECK(check(settings).text == "");
    settings.mirrors = {"mirror.example.org"};
    CHECK(check(settings).says("cannot use the mirror mirror.example.org"));
    settings.mirrors = {};
    settings.bandwidth = {1'024};
    settings.stall_size = {1'000'000};
    CHECK(check(settings).says("counts as stalled"));
}
