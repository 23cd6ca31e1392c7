// SPDX-License-Identifier: Apache-2.0
//
// What is trusted, with an authority that is made on the fly.
#include "fakes/http_server.hpp"
#include "fakes/tls_front.hpp"
#include "plugins/http/fetching.hpp"
#include "support/temporary_folder.hpp"

using namespace cmw;
using namespace cmw::http;
using cmw::test::Authority;
using cmw::test::Certificate;
using cmw::test::HttpServer;
using cmw::test::Outcome;
using cmw::test::serve_file;
using cmw::test::TlsFront;
using cmw::test::TlsManners;
using cmw::testing::TestWriter;

namespace {

struct Fixture {
    Authority authority;
    test::TemporaryFolder folder;
    HttpServer server{serve_file("content")};

    std::string file(const char* name, const std::string& text) const {
        test::write_text(folder / name, text);
        return folder / name;
    }
    Source::Settings trusting(const TlsFront& front, const std::string& host = "localhost") const {
        auto settings =
            settings_for("https://" + host + ":" + std::to_string(front.port()) + "/file");
        settings.ca = file("ca.pem", authority.pem());
        return settings;
    }
    Outcome fetch_by(const Certificate& certificate, TlsManners manners = {}) const {
        const TlsFront front(server.port(), certificate, std::move(manners));
        TestWriter writer;
        const auto done = fetch(trusting(front), writer);
        if (done.status == CMW_OK)
            CHECK(writer.content == "content");
        else
            CHECK(server.requests().empty());
        return done;
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a certificate of the authority that is trusted is good") {
    CHECK(fetch_by(authority.issue()).text == "");
    const TlsFront front(server.port(), authority.issue());
    TestWriter by_address;
    CHECK(fetch(trusting(front, "127.0.0.1"), by_address).text == "");
}

TEST_CASE_FIXTURE(Fixture, "a certificate that is not good is refused before anything is asked") {
    const Authority other;
    const auto refused = [&](const Certificate& certificate, const char* says) {
        const auto done = fetch_by(certificate);
        CHECK_MESSAGE(done.status == CMW_DENIED, done.text);
        CHECK_MESSAGE(done.says(says), done.text);
    };
    SUBCASE("of another host") {
        refused(authority.issue({.names = "DNS:example.org"}), "certificate is not valid");
    }
    SUBCASE("that has expired") {
        refused(authority.issue({.from_day = -10, .to_day = -1}), "certificate is not valid");
    }
    SUBCASE("that is not valid yet") {
        refused(authority.issue({.from_day = 1}), "certificate is not valid");
    }
    SUBCASE("signed by itself") {
        refused(test::self_signed(), "certificate is not valid");
    }
    SUBCASE("of an unknown authority") {
        refused(other.issue(), "certificate is not valid");
    }
    SUBCASE("of an authority that is not the system's") {
        const TlsFront front(server.port(), authority.issue());
        auto settings = trusting(front);
        settings.ca.reset();
        TestWriter writer;
        CHECK(fetch(settings, writer).status == CMW_DENIED);
    }
}

TEST_CASE_FIXTURE(Fixture, "no version before TLS 1.2 is spoken") {
    const auto done =
        fetch_by(authority.issue(),
                 {.client_authority = {}, .only_old_versions = true, .tunnel_answer = {}});
    CHECK(done.status == CMW_AGAIN);
    CHECK_MESSAGE(done.says("cannot speak TLS with"), done.text);
}

TEST_CASE_FIXTURE(Fixture, "a server that asks for a certificate gets ours") {
    const Authority clients;
    const auto ours = clients.issue({.names = "DNS:node"});
    const TlsFront front(server.port(), authority.issue(),
                         {.client_authority = clients.pem(), .tunnel_answer = {}});
    auto settings = trusting(front);
    TestWriter writer;
    SUBCASE("and its key, in a file each") {
        settings.certificate = file("certificate.pem", ours.certificate);
        settings.key = file("key.pem", ours.key);
        CHECK(fetch(settings, writer).text == "");
    }
    SUBCASE("and its key, in one file") {
        settings.certificate = file("both.pem", ours.certificate + ours.key);
        CHECK(fetch(settings, writer).text == "");
    }
    SUBCASE("or refuses us without one") {
        const auto done = fetch(settings, writer);
        // Its alert, or, where it has closed before we wrote, what may be behind that.
        CHECK((done.status == CMW_DENIED || done.status == CMW_AGAIN));
        CHECK_MESSAGE(done.says("tls.certificate"), done.text);
    }
    SUBCASE("or refuses one of another authority") {
        const auto wrong = authority.issue();
        settings.certificate = file("both.pem", wrong.certificate + wrong.key);
        const auto done = fetch(settings, writer);
        CHECK_MESSAGE(done.says("tls.certificate"), done.text);
        CHECK(server.requests().empty());
    }
    SUBCASE("if it is one") {
        settings.certificate = file("both.pem", "nothing");
        const auto done = fetch(settings, writer);
        CHECK_MESSAGE(done.status == CMW_CONFIG, done.text);
    }
    SUBCASE("if its key belongs to it") {
        settings.certificate = file("certificate.pem", ours.certificate);
        settings.key = file("key.pem", authority.issue().key);
        const auto done = fetch(settings, writer);
        CHECK_MESSAGE(done.status == CMW_CONFIG, done.text);
    }
}

TEST_CASE_FIXTURE(Fixture, "a redirect never leaves TLS") {
    const HttpServer redirecting([&](const auto&, auto& connection) {
        connection.send(test::http_head("302 Found",
                                        {"Location: " + server.url("/file"), "Content-Length: 0"}));
    });
    const TlsFront front(redirecting.port(), authority.issue());
    TestWriter writer;
    const auto done = fetch(trusting(front), writer);
    CHECK(done.status == CMW_INVALID);
    CHECK(done.says("it leaves https"));
    CHECK(server.requests().empty());
}

TEST_CASE_FIXTURE(Fixture, "files for TLS that cannot be read are told before") {
    auto settings = settings_for("https://example.org/");
    settings.key = file("key.pem", "x");
    CHECK(check(settings).says("there is no tls.certificate"));
    settings.certificate = folder / "nothing.pem";
    CHECK(check(settings).says("cannot read the tls.certificate"));
}
