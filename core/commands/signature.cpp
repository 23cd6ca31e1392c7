// SPDX-License-Identifier: Apache-2.0
#include "commands/signature.hpp"

#include "base/system.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace cmw::commands {

using base::Result;

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const {
        Free(thing);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

constexpr int smallest_rsa = 2048;
constexpr std::size_t max_file = std::size_t{64} << 10;

/// Ed25519 hashes by itself; RSA keys sign a SHA-256.
const EVP_MD* hash_of(const EVP_PKEY* key) {
    return EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
}

Bio memory(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// No pass phrase is asked for: certificates have none.
X509Ptr next_certificate(BIO* bio) {
    X509Ptr found(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    ERR_clear_error();
    return found;
}

Result<> check_key(const EVP_PKEY* key, const std::string& where) {
    if (key != nullptr && EVP_PKEY_is_a(key, "ED25519") == 1) return {};
    if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1)
        return base::fail(where, "cannot use its key: it is neither RSA nor Ed25519",
                          "sign commands with one of these");
    if (EVP_PKEY_get_bits(key) >= smallest_rsa) return {};
    return base::fail(where,
                      fmt::format("cannot trust its RSA key of {} bits", EVP_PKEY_get_bits(key)),
                      fmt::format("use a key of at least {} bits", smallest_rsa));
}

std::string day_of(const ASN1_TIME* time) {
    std::tm when{};
    return ASN1_TIME_to_tm(time, &when) == 1 ? fmt::format("{:%Y-%m-%d}", when) : "an unknown day";
}

std::string subject_of(const X509* certificate) {
    const Bio out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

struct Certificate::Parts {
    std::string where;
    X509Ptr certificate;
    Key key;
};

Result<Certificate> Certificate::parse(std::string_view pem, const std::string& where) {
    if (pem.size() > max_file)
        return base::fail(where, "cannot read the certificate: it is too large");
    const auto bio = memory(pem);
    auto parts = std::make_shared<Parts>();
    parts->where = where;
    parts->certificate = next_certificate(bio.get());
    if (!parts->certificate)
        return base::fail(where, "cannot read the certificate: it is not in PEM form",
                          "it begins with -----BEGIN CERTIFICATE-----");
    if (next_certificate(bio.get()))
        return base::fail(where, "cannot tell which certificate is meant: there are several",
                          "leave only the one that signs commands");
    parts->key.reset(X509_get_pubkey(parts->certificate.get()));
    ERR_clear_error();
    if (const auto fits = check_key(parts->key.get(), where); !fits)
        return tl::unexpected(fits.error());
    return Certificate(std::move(parts));
}

Result<Certificate> Certificate::load(const std::string& path) {
    const auto text = base::sys::read_file(path, max_file);
    if (!text) return base::fail(base::system_problem(path, "read the certificate", text.error()));
    return parse(*text, path);
}

Result<> Certificate::valid_at(base::UnixTime now) const {
    auto seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
    const auto* first = X509_get0_notBefore(parts_->certificate.get());
    const auto* last = X509_get0_notAfter(parts_->certificate.get());
    if (X509_cmp_time(first, &seconds) >= 0)
        return base::fail(parts_->where,
                          fmt::format("cannot trust the certificate before {}", day_of(first)),
                          "check this machine's clock");
    if (X509_cmp_time(last, &seconds) <= 0)
        return base::fail(parts_->where,
                          fmt::format("cannot trust the certificate: it ended on {}", day_of(last)),
                          "put the network's present one in its place");
    return {};
}

bool Certificate::signed_by_it(std::string_view bytes,
                               std::span<const std::uint8_t> signature) const {
    const Context context(EVP_MD_CTX_new());
    auto* key = parts_->key.get();
    // RSA keys are read with PKCS#1 v1.5 unless another padding is asked for.
    const bool good =
        EVP_DigestVerifyInit(context.get(), nullptr, hash_of(key), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                         reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
    ERR_clear_error();
    return good;
}

bool Certificate::issued_by(const Certificate& issuer) const {
    const bool good = X509_verify(parts_->certificate.get(), issuer.parts_->key.get()) == 1;
    ERR_clear_error();
    return good;
}

std::string Certificate::in_words() const {
    const auto* key = parts_->key.get();
    const auto kind = hash_of(key) == nullptr ? std::string("Ed25519")
                                              : fmt::format("RSA {}", EVP_PKEY_get_bits(key));
    return fmt::format("{} ({}, until {})", subject_of(parts_->certificate.get()), kind,
                       day_of(X509_get0_notAfter(parts_->certificate.get())));
}

Result<std::vector<std::uint8_t>> sign(std::string_view bytes, const std::string& key_path) {
    const auto text = base::sys::read_file(key_path, max_file);
    if (!text)
        return base::fail(base::system_problem(key_path, "read the private key", text.error()));
    const auto bio = memory(*text);
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!key)
        return base::fail(key_path, "cannot read the private key",
                          "give a key in PEM form, and its pass phrase if it has one");
    if (const auto fits = check_key(key.get(), key_path); !fits)
        return tl::unexpected(fits.error());
    const Context context(EVP_MD_CTX_new());
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t size = 0;
    std::vector<std::uint8_t> signature;
    bool good =
        EVP_DigestSignInit(context.get(), nullptr, hash_of(key.get()), nullptr, key.get()) == 1 &&
        EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) == 1;
    signature.resize(size);
    good = good && EVP_DigestSign(context.get(), signature.data(), &size, data, bytes.size()) == 1;
    signature.resize(size);
    ERR_clear_error();
    if (!good) return base::fail(key_path, "cannot sign with this key");
    return signature;
}

} // namespace cmw::commands
