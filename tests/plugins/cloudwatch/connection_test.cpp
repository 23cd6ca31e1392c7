// SPDX-License-Identifier: Apache-2.0
// Connections that outlast an exchange (shared/http_exchange.hpp).
#include "fakes/http_server.hpp"
#include "fakes/tls_front.hpp"
#include "shared/http_exchange.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::shared;
using namespace std::chrono_literals;
using cmw::test::HttpServer;
using cmw::testing::TestCall;

namespace {

/// Says how long the body was, and how the handler treats the connection afterwards.
HttpServer::Handler echo(bool keeps, bool says_so) {
    return [=](const HttpServer::Request& request, HttpServer::Connection& connection) {
        const auto body = connection.receive(std::stoul(request.header("content-length")));
        const auto answer = std::to_string(body.size());
        connection.send(test::http_head("200 OK",
                                        {"Content-Length: " + std::to_string(answer.size())},
                                        says_so) +
                        answer);
        if (keeps) connection.keep();
    };
}

struct Client {
    explicit Client(std::chrono::nanoseconds idle_limit = 60s) : connection(idle_limit) {
        settings.timeout = 20s;
        settings.proxy = "none";
    }
    std::string post(const std::string& url, std::size_t size, std::size_t read = 100) {
        const TestCall call;
        const std::string body(size, 'x');
        const HttpRequest request{
            .url = url, .headers = {}, .method = "POST", .body = HttpBody(body), .target = {}};
        HttpExchange exchange(call.handle(), request, settings, &connection);
        return exchange.read_all(read);
    }
    HttpSettings settings;
    HttpConnection connection;
};

} // namespace

TEST_CASE("exchanges share a connection if their answers are read whole") {
    const HttpServer server(echo(true, true));
    Client client;
    for (int i = 0; i < 3; ++i) CHECK(client.post(server.url("/"), 2'000'000) == "2000000");
    CHECK(server.connections() == 1);
    CHECK(client.post(server.url("/"), 1234, 0).empty());
    CHECK(client.post(server.url("/"), 0) == "0");
    CHECK(server.connections() == 2);
}

TEST_CASE("a connection that was idle for long, or that the server ends, is not used again") {
    const HttpServer keeping(echo(true, true));
    Client impatient(0s);
    for (int i = 0; i < 3; ++i) CHECK(impatient.post(keeping.url("/"), 1) == "1");
    CHECK(keeping.connections() == 3);

    const HttpServer ending(echo(false, false));
    Client client;
    for (int i = 0; i < 3; ++i) CHECK(client.post(ending.url("/"), 1) == "1");
    CHECK(ending.connections() == 3);
}

TEST_CASE("a failure leaves no connection behind") {
    HttpServer server([](const auto&, auto& connection) { connection.reset(); });
    Client client;
    for (int i = 0; i < 2; ++i) {
        try {
            client.post(server.url("/"), 100'000);
            FAIL_CHECK("an answer came");
        } catch (const Error& error) {
            CHECK(error.status() == CMW_AGAIN);
        }
    }
    CHECK(server.connections() == 2);
}

TEST_CASE("a connection is kept under TLS, too, and through a proxy") {
    const test::Authority authority;
    const test::TemporaryFolder folder;
    test::write_text(folder / "ca.pem", authority.pem());
    HttpServer server(echo(true, true));
    const test::TlsFront front(server.port(), authority.issue());
    const test::TlsFront proxy(server.port(), authority.issue(),
                               {.client_authority = {},
                                .only_old_versions = false,
                                .tunnel_answer = "HTTP/1.1 200 Connection established\r\n\r\n"});
    for (const bool by_proxy : {false, true}) {
        CAPTURE(by_proxy);
        const auto before = server.connections();
        Client client;
        client.settings.ca_file = folder / "ca.pem";
        if (by_proxy) client.settings.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
        const auto url = "https://localhost:" + std::to_string(front.port()) + "/";
        for (int i = 0; i < 3; ++i) CHECK(client.post(url, 1'000'000) == "1000000");
        CHECK(server.connections() == before + 1);
    }
    CHECK(proxy.tunnel_requests().size() == 1);
}
