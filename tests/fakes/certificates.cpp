// SPDX-License-Identifier: Apache-2.0
#include "fakes/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace cmw::test {

namespace {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

void must(bool done) {
    if (!done) throw std::runtime_error("cannot make a certificate");
}

Key new_key(KeyKind kind) {
    // What EVP_EC_gen() and EVP_RSA_gen() do, without their casts.
    const auto made = [](auto... what) {
        return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, what...));
    };
    switch (kind) {
    case KeyKind::rsa:
        return made("RSA", std::size_t{2048});
    case KeyKind::short_rsa:
        return made("RSA", std::size_t{1024});
    case KeyKind::ed25519:
        return made("ED25519");
    case KeyKind::ec:
        break;
    }
    return made("EC", "P-256");
}

std::string text_of(const Bio& bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(bio.get(), certificate) == 1);
    return text_of(bio);
}

std::string pem_of(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio);
}

void add(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    must(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X make(EVP_PKEY* key, const char* name, const CertificateWish& wish, X509* issuer,
       EVP_PKEY* issuer_key) {
    X certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    constexpr long day = 24 * 3600;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wish.from_day * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wish.to_day * day);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    auto* by = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(by));
    if (issuer == nullptr) add(certificate.get(), by, NID_basic_constraints, "critical,CA:TRUE");
    if (!wish.names.empty()) add(certificate.get(), by, NID_subject_alt_name, wish.names);
    const bool hashes = EVP_PKEY_is_a(issuer_key, "ED25519") == 1; // By itself.
    must(X509_sign(certificate.get(), issuer_key, hashes ? nullptr : EVP_sha256()) > 0);
    return certificate;
}

} // namespace

struct Authority::Parts {
    explicit Parts(KeyKind kind) : key(new_key(kind)) {}

    Key key;
    X certificate = make(key.get(), "test authority", {.names = ""}, nullptr, key.get());
};

Authority::Authority(KeyKind kind) : parts_(std::make_unique<Parts>(kind)) {}
Authority::~Authority() = default;

std::string Authority::pem() const {
    return pem_of(parts_->certificate.get());
}

Certificate Authority::issue(const CertificateWish& wish) const {
    const auto key = new_key(wish.key);
    const auto certificate =
        make(key.get(), "test", wish, parts_->certificate.get(), parts_->key.get());
    return {pem_of(certificate.get()), pem_of(key.get())};
}

Certificate self_signed(const CertificateWish& wish) {
    const auto key = new_key(wish.key);
    const auto certificate = make(key.get(), "test itself", wish, nullptr, key.get());
    return {pem_of(certificate.get()), pem_of(key.get())};
}

} // namespace cmw::test
