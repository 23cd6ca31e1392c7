// SPDX-License-Identifier: Apache-2.0
#include "fakes/http_server.hpp"
#include "plugins/http/fetching.hpp"

#include <atomic>
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

HttpServer::Handler redirect_to(const std::string& location) {
    return answer_with(http_head("302 Found", {"Location: " + location, "Content-Length: 0"}));
}

} // namespace

TEST_CASE("a file is fetched with its size") {
    for (const std::size_t size : {0u, 1u, 8'191u, 1'000'000u}) {
        CAPTURE(size);
        const auto content = some_content(size);
        const HttpServer server(serve_file(content));
        TestWriter writer;
        const auto done = fetch(settings_for(server.url("/bin/{target}/{digest}?v=1")), writer);
        CHECK(done.text == "");
        CHECK(writer.content == content);
        CHECK(writer.began_at == 0);
        CHECK(writer.total == size);
        REQUIRE(server.requests().size() == 1);
        const auto request = server.requests().front();
        CHECK(request.method == "GET");
        CHECK(request.target == "/bin/server/abcd?v=1");
        CHECK(request.header("user-agent") == "cmix-wrapper/test");
        CHECK(request.header("accept-encoding") == "identity");
        CHECK(request.header("range") == "");
        CHECK(request.header("authorization") == "");
        CHECK("http://" + request.header("host") == server.url(""));
    }
}

TEST_CASE("a URL is sent as it is written, but for what no request may hold") {
    const HttpServer server(serve_file("content"));
    const auto sent = [&](const std::string& target) {
        TestWriter writer;
        CHECK(fetch(settings_for(server.url(target)), writer).text == "");
        return server.requests().back().target;
    };
    CHECK(sent("/a%2Fb/%7e;c+d?x=%2f&y=[z]#fragment") == "/a%2Fb/%7e;c+d?x=%2f&y=[z]");
    CHECK(sent("/a b/\u00e9") == "/a%20b/%C3%A9");
    CHECK(sent("/x\r\nEvil: 1") == "/x%0D%0AEvil:%201");
    CHECK(sent("") == "/");
    CHECK(sent("?x") == "/?x");
}

TEST_CASE("pieces of any size make the file") {
    const auto content = some_content(5'000);
    const HttpServer server(serve_file(content, {.piece = 37}));
    TestWriter writer;
    CHECK(fetch(settings_for(server.url("/")), writer).text == "");
    CHECK(writer.content == content);
}

TEST_CASE("a body in chunks, or up to the end of the connection, has no size before") {
    for (const auto* answer :
         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
          "HTTP/1.0 200 OK\r\n\r\nabcde"}) {
        const HttpServer server(answer_with(answer));
        TestWriter writer;
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == "abcde");
        CHECK(writer.total == CMW_SIZE_UNKNOWN);
    }
}

TEST_CASE("a fetch goes on where it broke off") {
    const auto content = some_content(10'000);
    SUBCASE("by a range") {
        const HttpServer server(serve_file(content));
        TestWriter writer(content.substr(0, 4'000));
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == content);
        CHECK(writer.began_at == 4'000);
        CHECK(writer.total == 10'000);
        CHECK(server.requests().front().header("range") == "bytes=4000-");
    }
    SUBCASE("from the start where the server knows no ranges") {
        const HttpServer server(serve_file(content, {.ranges = false}));
        TestWriter writer(content.substr(0, 4'000));
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == content);
        CHECK(writer.began_at == 0);
    }
    SUBCASE("with nothing where all is kept") {
        const HttpServer server(serve_file(content));
        TestWriter writer(content);
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == content);
        CHECK(writer.began_at == 10'000);
    }
    SUBCASE("anew where more is kept than there is") {
        const HttpServer server(serve_file(content));
        TestWriter writer(content + "more");
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == content);
        CHECK(writer.began_at == 0);
        CHECK(server.requests().size() == 2);
    }
    SUBCASE("anew where another range comes") {
        const HttpServer server([&](const auto& request, auto& connection) {
            if (request.range_from() == 0) return serve_file(content)(request, connection);
            connection.send(http_head("206 Partial Content",
                                      {"Content-Range: bytes 1-2/10000", "Content-Length: 2"}));
        });
        TestWriter writer(content.substr(0, 4'000));
        CHECK(fetch(settings_for(server.url("/")), writer).text == "");
        CHECK(writer.content == content);
    }
}

TEST_CASE("a body that is cut off is worth another try, which needs only the rest") {
    const auto content = some_content(10'000);
    const HttpServer cut(serve_file(content, {.send_at_most = 6'000}));
    TestWriter writer;
    const auto first = fetch(settings_for(cut.url("/f")), writer);
    CHECK(first.status == CMW_AGAIN);
    CHECK(first.text == "cannot read all of " + cut.url("/f") + ": 6000 of 10000 bytes came");
    CHECK(writer.content == content.substr(0, 6'000));

    TestWriter second(writer.content);
    CHECK(fetch(settings_for(cut.url("/f")), second).text == "");
    CHECK(second.content == content);
}

TEST_CASE("a connection that is reset, or never answers in HTTP, fails in words") {
    SUBCASE("reset in the body") {
        const HttpServer server(
            serve_file(some_content(100'000), {.send_at_most = 10, .after = FileManners::reset}));
        TestWriter writer;
        CHECK(fetch(settings_for(server.url("/")), writer).status == CMW_AGAIN);
    }
    SUBCASE("closed without an answer") {
        const HttpServer server([](const auto&, auto&) {});
        TestWriter writer;
        CHECK(fetch(settings_for(server.url("/")), writer).status == CMW_AGAIN);
        CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
    }
    SUBCASE("another protocol") {
        const HttpServer server(
            answer_with("220 mail.example.org ESMTP ready for what you send\r\n"));
        TestWriter writer;
        const auto done = fetch(settings_for(server.url("/")), writer);
        CHECK(
            (done.status == CMW_INVALID || done.status == CMW_AGAIN || done.status == CMW_FAILED));
        CHECK(done.says("cannot read"));
        CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
    }
    SUBCASE("a head without end") {
        const HttpServer server(
            answer_with("HTTP/1.1 200 OK\r\nX: " + std::string(5'000'000, 'x')));
        TestWriter writer;
        CHECK(fetch(settings_for(server.url("/")), writer).says("cannot read"));
    }
    SUBCASE("nobody listens") {
        std::string url;
        {
            const HttpServer server(answer_with(""));
            url = server.url("/");
        }
        TestWriter writer;
        const auto done = fetch(settings_for(url), writer);
        CHECK(done.status == CMW_AGAIN);
        CHECK(done.says("cannot connect to"));
    }
    SUBCASE("no such host") {
        TestWriter writer;
        const auto done = fetch(settings_for("http://no-such-host.invalid/x"), writer);
        CHECK(done.status == CMW_AGAIN);
        CHECK(done.says("no-such-host.invalid"));
    }
}

TEST_CASE("a server that stalls is given up after the timeout") {
    std::size_t after_bytes = 0;
    SUBCASE("before the body") {}
    SUBCASE("in the body") {
        after_bytes = 500;
    }
    const HttpServer server(serve_file(some_content(1'000),
                                       {.send_at_most = after_bytes, .after = FileManners::stall}));
    auto settings = settings_for(server.url("/"));
    settings.timeout = 200ms;
    TestWriter writer;
    const auto done = fetch(settings, writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.says("no byte came for 0.2 s"));
    CHECK(writer.content.size() == after_bytes);
}

TEST_CASE("a call that is cancelled, or over its deadline, ends wherever it is") {
    std::atomic<bool> asked = false;
    std::size_t after_bytes = 0;
    bool answers = true;
    SUBCASE("before the answer") {
        answers = false;
    }
    SUBCASE("after the head") {}
    SUBCASE("in the body") {
        after_bytes = 500;
    }
    const HttpServer server([&](const auto& request, auto& connection) {
        asked = true;
        if (!answers) return connection.stall();
        serve_file(some_content(1'000),
                   {.send_at_most = after_bytes, .after = FileManners::stall})(request, connection);
    });
    // The server never goes on and the timeout is long: only the end of the call ends the fetch.
    auto settings = settings_for(server.url("/"));
    settings.timeout = 1h;
    TestWriter writer;
    SUBCASE("by a cancel") {
        TestCall call;
        std::thread canceller([&] {
            while (!asked) std::this_thread::yield();
            call.cancel();
        });
        CHECK(fetch(settings, writer, call).status == CMW_CANCELLED);
        canceller.join();
    }
    SUBCASE("by the deadline") {
        const TestCall call(200ms);
        CHECK(fetch(settings, writer, call).status == CMW_CANCELLED);
    }
    SUBCASE("by a cancel before it began") {
        TestCall call;
        call.cancel();
        CHECK(fetch(settings, writer, call).status == CMW_CANCELLED);
        CHECK(server.requests().empty());
    }
}

TEST_CASE("a server that does not answer in TLS is given up, and a call can end meanwhile") {
    const HttpServer server([](const auto&, auto& connection) { connection.stall(); });
    auto settings = settings_for("https" + server.url("/").substr(4));
    TestWriter writer;
    SUBCASE("by the timeout") {
        settings.timeout = 200ms;
        const auto done = fetch(settings, writer);
        CHECK(done.status == CMW_AGAIN);
        CHECK(done.says("cannot speak TLS with"));
        CHECK(done.says("no byte came for 0.2 s"));
    }
    SUBCASE("by the end of the call") {
        settings.timeout = 1h;
        const TestCall call(200ms);
        CHECK(fetch(settings, writer, call).status == CMW_CANCELLED);
    }
}

TEST_CASE("what a server refuses is told with the URL, but not its secrets") {
    const HttpServer server(
        answer_with(http_head("503 Service Unavailable", {"Retry-After: 7", "Content-Length: 0"})));
    auto url = server.url("/f?signature=hidden");
    url.insert(url.find("127"), "user:password@");
    TestWriter writer;
    const auto done = fetch(settings_for(url), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.retry_after == 7s);
    CHECK(done.text == "cannot read " + server.url("/f") + ": 503 Service Unavailable");
    CHECK(server.requests().front().header("authorization") == "Basic dXNlcjpwYXNzd29yZA==");
    CHECK(server.requests().front().target == "/f?signature=hidden");
}

TEST_CASE("redirects are followed, to a bound") {
    const HttpServer file(serve_file("content"));
    const std::string next = file.url("/file");
    const HttpServer server([&](const auto& request, auto& connection) {
        if (request.target == "/relative")
            redirect_to("start?x=1")(request, connection);
        else if (request.target == "/loop")
            redirect_to("/loop")(request, connection);
        else if (request.target == "/signed")
            redirect_to(file.url("/a%2Fb?signature=%2f%20"))(request, connection);
        else if (request.target == "/ftp")
            redirect_to("ftp://localhost/f")(request, connection);
        else
            redirect_to(next)(request, connection);
    });
    TestWriter writer;
    SUBCASE("to another server, which gets no secrets") {
        auto settings = settings_for(server.url("/start"));
        settings.authorization = Secret("Bearer hidden");
        CHECK(fetch(settings, writer).text == "");
        CHECK(writer.content == "content");
        CHECK(server.requests().front().header("authorization") == "Bearer hidden");
        CHECK(file.requests().front().header("authorization") == "");
    }
    SUBCASE("relative to where they were found") {
        CHECK(fetch(settings_for(server.url("/relative")), writer).text == "");
        CHECK(server.requests().at(1).target == "/start?x=1");
    }
    SUBCASE("to what is written there") {
        CHECK(fetch(settings_for(server.url("/signed")), writer).text == "");
        CHECK(file.requests().front().target == "/a%2Fb?signature=%2f%20");
    }
    SUBCASE("with user and password on the same server, without them on another") {
        auto url = server.url("/relative");
        url.insert(url.find("127"), "user:password@");
        CHECK(fetch(settings_for(url), writer).text == "");
        CHECK(server.requests().at(1).header("authorization") == "Basic dXNlcjpwYXNzd29yZA==");
        CHECK(file.requests().front().header("authorization") == "");
    }
    SUBCASE("with the range") {
        TestWriter kept("cont");
        CHECK(fetch(settings_for(server.url("/start")), kept).text == "");
        CHECK(kept.content == "content");
        CHECK(kept.began_at == 4);
    }
    SUBCASE("not for ever") {
        const auto done = fetch(settings_for(server.url("/loop")), writer);
        CHECK(done.status == CMW_INVALID);
        CHECK(done.says("more than 5 redirects"));
        CHECK(server.requests().size() == 6);
    }
    SUBCASE("not to other protocols") {
        CHECK(fetch(settings_for(server.url("/ftp")), writer).status == CMW_INVALID);
    }
}

TEST_CASE("when the host wants no more the fetch ends with its words") {
    const HttpServer server(serve_file(some_content(1'000'000)));
    TestWriter writer({}, 1'000);
    const auto done = fetch(settings_for(server.url("/")), writer);
    CHECK(done.status == CMW_FAILED);
    CHECK(done.text == "cannot take more: the limit is reached");
}

TEST_CASE("options that cannot work are told before") {
    CHECK(check(settings_for("https://example.org/{target}/{digest}")).text == "");
    CHECK(check(settings_for("http://[::1]:8080/x")).text == "");
    for (const auto* url : {"ftp://example.org/x", "example.org/x", "/x", "http:///x", "",
                            "http://example.org/{digset}", "http://example.org/{digest"}) {
        CAPTURE(url);
        CHECK(check(settings_for(url)).status == CMW_CONFIG);
    }
    auto settings = settings_for("https://example.org/");
    settings.ca = "/no/such/file.pem";
    CHECK(check(settings).says("cannot read the tls.ca /no/such/file.pem"));
}
