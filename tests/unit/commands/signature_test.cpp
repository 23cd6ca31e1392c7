// SPDX-License-Identifier: Apache-2.0
#include "unit/commands/issuer.hpp"
#include "unit/commands/signed_by_openssl.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::commands;
using namespace std::chrono_literals;

TEST_CASE("signature: what openssl(1) signed is accepted, and not a bit else") {
    for (const auto& [pem, signature] : {std::pair(test::rsa_certificate, test::rsa_signature),
                                         {test::ed25519_certificate, test::ed25519_signature}}) {
        const auto certificate = Certificate::parse(pem, "a.crt");
        REQUIRE(certificate);
        const auto content =
            std::string(test::signed_line) + "\n{\"signature\": \"" + signature + "\"}\n";
        const auto parts = split(content);
        REQUIRE(parts);
        CHECK(certificate->signed_by_it(parts->line, parts->signature));
        for (std::size_t i = 0; i < parts->line.size(); i += 7) {
            auto line = std::string(parts->line);
            line[i] = static_cast<char>(line[i] ^ 1);
            CHECK_FALSE(certificate->signed_by_it(line, parts->signature));
        }
        for (std::size_t i = 0; i < parts->signature.size(); i += 5) {
            auto forged = parts->signature;
            forged[i] ^= 0x80;
            CHECK_FALSE(certificate->signed_by_it(parts->line, forged));
        }
        CHECK_FALSE(certificate->signed_by_it(parts->line, {}));
        CHECK_FALSE(certificate->signed_by_it("", parts->signature));
    }
}

TEST_CASE("signature: each kind of key signs what it verifies, and no other does") {
    const test::Issuer rsa({.key = test::KeyKind::rsa, .names = ""});
    const test::Issuer modern;
    const test::Issuer other;
    const test::Issuer* issuers[] = {&rsa, &modern, &other};
    for (const auto* signer : issuers)
        for (const auto* certified : issuers) {
            const auto signature = sign("a line", signer->key_path());
            REQUIRE(signature);
            CHECK(certified->certificate().signed_by_it("a line", *signature) ==
                  (signer == certified));
        }
    CHECK(rsa.certificate().in_words().starts_with("CN=test itself (RSA 2048, until 20"));
    CHECK(modern.certificate().in_words().starts_with("CN=test itself (Ed25519, until 20"));
}

TEST_CASE("signature: a certificate has its days") {
    const auto certificate =
        test::Issuer().certificate(); // From yesterday to the day after tomorrow.
    const auto now = base::unix_now();
    CHECK(certificate.valid_at(now));
    const auto early = certificate.valid_at(now - 48h);
    REQUIRE_FALSE(early);
    CHECK(early.error().where == "management.crt");
    CHECK(early.error().what.starts_with("cannot trust the certificate before 20"));
    const auto late = certificate.valid_at(now + 72h);
    REQUIRE_FALSE(late);
    CHECK(late.error().what.starts_with("cannot trust the certificate: it ended on 20"));
}

TEST_CASE("signature: certificates that are not taken") {
    const test::TemporaryFolder folder;
    const auto why = [](const std::string& pem) {
        const auto certificate = Certificate::parse(pem, "a.crt");
        return certificate ? std::string() : base::to_string(certificate.error());
    };
    const test::Issuer good;
    CHECK(why(good.pem()).empty());
    CHECK(why("# The network's\n" + good.pem()).empty());
    CHECK(why("").starts_with("a.crt: cannot read the certificate"));
    CHECK(why("garbage").starts_with("a.crt: cannot read the certificate"));
    CHECK(why(good.pem().substr(0, 200)).starts_with("a.crt: cannot read the certificate"));
    CHECK(why(std::string(70'000, ' ')).starts_with("a.crt: cannot read the certificate"));
    CHECK(why(good.pem() + good.pem()).starts_with("a.crt: cannot tell which certificate"));
    CHECK(why(test::self_signed().certificate).starts_with("a.crt: cannot use its key"));
    CHECK(why(test::self_signed({.key = test::KeyKind::short_rsa}).certificate)
              .starts_with("a.crt: cannot trust its RSA key of 1024 bits"));
    CHECK_FALSE(Certificate::load(folder / "none.crt"));
    CHECK_FALSE(sign("a line", folder / "none.pem"));
    std::ofstream(folder / "no-key.pem") << good.pem();
    CHECK_FALSE(sign("a line", folder / "no-key.pem"));
    std::ofstream(folder / "ec.pem") << test::self_signed().key;
    CHECK_FALSE(sign("a line", folder / "ec.pem"));
}

TEST_CASE("signature: who issued a certificate") {
    const test::Authority authority(test::KeyKind::rsa);
    const auto parsed = [](const std::string& pem) {
        return Certificate::parse(pem, "a.crt").value();
    };
    const auto root = parsed(authority.pem());
    const auto leaf = parsed(authority.issue({.key = test::KeyKind::ed25519}).certificate);
    const auto stranger = test::Issuer().certificate();
    CHECK(leaf.issued_by(root));
    CHECK(root.issued_by(root));
    CHECK_FALSE(root.issued_by(leaf));
    CHECK_FALSE(stranger.issued_by(root));
}
