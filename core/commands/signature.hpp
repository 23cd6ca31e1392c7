// SPDX-License-Identifier: Apache-2.0
//
// commands/signature.hpp - who may order: an X.509 certificate (RFC 5280) with an RSA key, which
// signs by PKCS#1 v1.5 with SHA-256 (RFC 8017, 8.2), or an Ed25519 key (RFC 8032). Which of the two
// is said by the certificate alone, never by the file that is checked. Through OpenSSL.
#pragma once

#include "base/clock.hpp"
#include "base/problem.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::commands {

/// The one certificate of a PEM text. Copies share it.
class Certificate {
  public:
    /// `where` names it in problems. Refused: another number of certificates than one, an RSA key
    /// under 2048 bits, a key of another kind.
    static base::Result<Certificate> parse(std::string_view pem, const std::string& where);
    /// The same of a file of at most 64 KiB.
    static base::Result<Certificate> load(const std::string& path);

    /// A problem before its first and after its last day.
    base::Result<> valid_at(base::UnixTime now) const;

    /// Whether its key made `signature` over just these bytes.
    bool signed_by_it(std::string_view bytes, std::span<const std::uint8_t> signature) const;

    /// Whether the key of `issuer` signed this certificate.
    bool issued_by(const Certificate& issuer) const;

    /// "CN=network management (RSA 4096, until 2030-01-01)": for people.
    std::string in_words() const;

  private:
    struct Parts;
    explicit Certificate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    std::shared_ptr<const Parts> parts_;
};

/// Signs with the private key in a PEM file, which OpenSSL asks the terminal's pass phrase for if it
/// has one.
base::Result<std::vector<std::uint8_t>> sign(std::string_view bytes, const std::string& key_path);

} // namespace cmw::commands
