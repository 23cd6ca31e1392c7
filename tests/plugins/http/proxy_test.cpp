// SPDX-License-Identifier: Apache-2.0
#include "fakes/http_server.hpp"
#include "fakes/tls_front.hpp"
#include "plugins/http/fetching.hpp"
#include "shared/http_proxy.hpp"
#include "support/temporary_folder.hpp"

using namespace cmw;
using namespace cmw::http;
using cmw::shared::is_excepted;
using cmw::shared::proxy_for;
using cmw::test::HttpServer;
using cmw::test::serve_file;
using cmw::testing::TestWriter;

TEST_CASE("no_proxy names hosts and domains") {
    struct Row {
        const char* no_proxy;
        const char* host;
        bool excepted;
    };
    for (const auto& row : std::vector<Row>{{"", "example.org", false},
                                            {"*", "example.org", true},
                                            {"example.org", "example.org", true},
                                            {"example.org", "www.example.org", true},
                                            {"example.org", "notexample.org", false},
                                            {".example.org", "www.example.org", true},
                                            {"*.example.org", "www.example.org", true},
                                            {"EXAMPLE.org", "Example.ORG", true},
                                            {"a.org, example.org ,b.org", "example.org", true},
                                            {"example.org:80", "example.org", true},
                                            {"example.org:81", "example.org", false},
                                            {"10.0.0.1", "10.0.0.1", true},
                                            {"10.0.0.1", "10.0.0.11", false},
                                            {"[2001:db8::1]:80", "2001:db8::1", true},
                                            {"2001:db8::1", "2001:db8::1", true},
                                            {",, ,:80,.", "example.org", false}}) {
        CAPTURE(row.no_proxy);
        CAPTURE(row.host);
        CHECK(is_excepted(row.no_proxy, row.host, 80) == row.excepted);
    }
}

TEST_CASE("the proxy is the setting's, else the environment's for the scheme") {
    std::map<std::string, std::string> variables;
    const auto proxy = [&](const std::string& url, const std::string& setting = {}) {
        return proxy_for(url, setting, [&](const char* name) { return variables[name]; });
    };
    CHECK(proxy("http://example.org/") == "");
    variables = {{"http_proxy", "http://plain:1"},
                 {"HTTP_PROXY", "http://from-a-client:1"},
                 {"HTTPS_PROXY", "secure:2"},
                 {"NO_PROXY", "direct.org"}};
    CHECK(proxy("http://example.org/") == "http://plain:1");
    CHECK(proxy("https://example.org/") == "http://secure:2");
    CHECK(proxy("http://direct.org/") == "");
    CHECK(proxy("http://localhost/") == "");
    CHECK(proxy("http://127.0.0.1:8080/") == "");
    CHECK(proxy("https://[::1]/") == "");
    CHECK(proxy("https://example.org/", "none") == "");
    CHECK(proxy("http://127.0.0.1/", "http://mine:3") == "http://mine:3");
    variables.erase("http_proxy");
    CHECK(proxy("http://example.org/") == "");
}

TEST_CASE("a plain file is asked for at the proxy") {
    const HttpServer proxy(serve_file("content"));
    auto settings = settings_for("http://files.example:81/a/file?x=1");
    settings.proxy = proxy.url("");
    settings.proxy.insert(settings.proxy.find("127"), "user:password@");
    TestWriter writer;
    CHECK(fetch(settings, writer).text == "");
    CHECK(writer.content == "content");
    const auto request = proxy.requests().at(0);
    CHECK(request.target == "http://files.example:81/a/file?x=1");
    CHECK(request.header("host") == "files.example:81");
    CHECK(request.header("proxy-authorization") == "Basic dXNlcjpwYXNzd29yZA==");
}

namespace {

/// A proxy that opens a tunnel to a server with TLS, which the name files.example leads to.
struct Tunnel {
    HttpServer server{serve_file("content")};
    test::Authority authority;
    test::TemporaryFolder folder;
    TestWriter writer;

    Source::Settings settings(const test::TlsFront& proxy) const {
        test::write_text(folder / "ca.pem", authority.pem());
        auto its = settings_for("https://files.example/file");
        its.proxy = "http://user:password@127.0.0.1:" + std::to_string(proxy.port());
        its.ca = folder / "ca.pem";
        return its;
    }
    test::TlsFront proxy(const std::string& answer) const {
        return {server.port(),
                authority.issue({.names = "DNS:files.example"}),
                {.client_authority = {}, .tunnel_answer = answer}};
    }
};

} // namespace

TEST_CASE_FIXTURE(Tunnel, "a file by https is asked for through a tunnel, its server verified") {
    const auto front = proxy("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
    auto its = settings(front);
    its.authorization = Secret("Bearer hidden");
    CHECK(fetch(its, writer).text == "");
    CHECK(writer.content == "content");
    REQUIRE(front.tunnel_requests().size() == 1);
    const auto head = front.tunnel_requests()[0];
    CHECK(head.starts_with("CONNECT files.example:443 HTTP/1.1\r\n"));
    CHECK(head.find("Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n") != head.npos);
    // The proxy learns no more than the host, the server nothing of the proxy.
    CHECK(head.find("hidden") == head.npos);
    CHECK(server.requests().at(0).target == "/file");
    CHECK(server.requests().at(0).header("proxy-authorization") == "");
    CHECK(server.requests().at(0).header("authorization") == "Bearer hidden");
    its.url = "https://other.example/file";
    TestWriter none;
    CHECK(fetch(its, none).status == CMW_DENIED);
}

TEST_CASE_FIXTURE(Tunnel, "a proxy that opens no tunnel is told in words") {
    const auto outcome = [&](const std::string& answer) {
        const auto front = proxy(answer);
        return fetch(settings(front), writer);
    };
    const auto denied = outcome("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    CHECK(denied.status == CMW_DENIED);
    CHECK(denied.says("by the proxy http://127.0.0.1:"));
    CHECK(denied.says("407 Proxy Authentication Required"));
    CHECK_FALSE(denied.says("password"));
    CHECK(outcome("HTTP/1.1 503 Busy\r\n\r\n").status == CMW_AGAIN);
    CHECK(outcome("220 mail.example ESMTP\r\n\r\n").status == CMW_INVALID);
    CHECK(outcome("HTTP/1.1\r\n\r\n").status == CMW_INVALID);
}

TEST_CASE("a proxy that is none is told before") {
    auto settings = settings_for("http://example.org/");
    for (const auto* proxy : {"", "none", "http://proxy:3128", "http://user:password@[::1]:8080"}) {
        settings.proxy = proxy;
        CHECK(check(settings).text == "");
    }
    for (const auto* proxy : {"proxy:3128", "https://proxy", "socks5://proxy", "http://"}) {
        CAPTURE(proxy);
        settings.proxy = proxy;
        CHECK(check(settings).status == CMW_CONFIG);
    }
}
