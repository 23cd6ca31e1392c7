// SPDX-License-Identifier: Apache-2.0
//
// fakes/certificates.hpp - a certificate authority that a test makes on the fly.
#pragma once

#include <memory>
#include <string>

namespace cmw::test {

/// PEM.
struct Certificate {
    std::string certificate;
    std::string key;
};

enum class KeyKind { ec, rsa, short_rsa, ed25519 };

struct CertificateWish {
    KeyKind key = KeyKind::ec;
    std::string names = "DNS:localhost,IP:127.0.0.1"; ///< subjectAltName
    int from_day = -1;                                ///< Valid from, in days from now,
    int to_day = 2;                                   ///< to.
};

class Authority {
  public:
    explicit Authority(KeyKind kind = KeyKind::ec);
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    std::string pem() const; ///< Its own certificate.
    Certificate issue(const CertificateWish& wish = {}) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Signed by nobody but itself.
Certificate self_signed(const CertificateWish& wish = {});

} // namespace cmw::test
