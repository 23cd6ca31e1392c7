// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include "base/system.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <openssl/evp.h>

namespace cmw::base {

namespace {

struct Algorithm {
    std::string_view name;
    const EVP_MD* (*method)();
    std::size_t size; ///< Of a digest, in bytes.
};

constexpr std::array<Algorithm, 3> algorithms{{
    {"blake2s-256", &EVP_blake2s256, 32},
    {"sha-256", &EVP_sha256, 32},
    {"sha-512", &EVP_sha512, 64},
}};

const Algorithm* find(std::string_view name) {
    const auto* found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == algorithms.end() ? nullptr : found;
}

} // namespace

struct Hasher::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() {
        if (context == nullptr) throw std::bad_alloc();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

std::string Digest::hex() const {
    return to_hex(bytes);
}

bool Digest::all_zero() const {
    return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
}

std::size_t digest_size(std::string_view algorithm) {
    const auto* known = find(algorithm);
    return known == nullptr ? 0 : known->size;
}

std::optional<Digest> parse_digest(std::string_view hex, std::string_view algorithm) {
    if (hex.starts_with("0x")) hex.remove_prefix(2);
    auto bytes = from_hex(hex);
    if (!bytes || bytes->empty() || bytes->size() != digest_size(algorithm)) return std::nullopt;
    return Digest{std::string(algorithm), std::move(*bytes)};
}

std::optional<Digest> parse_digest_name(std::string_view name) {
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    return parse_digest(name.substr(dash + 1), name.substr(0, dash));
}

Hasher::Hasher(std::string_view algorithm)
    : algorithm_(algorithm), state_(std::make_unique<State>()) {
    const auto* known = find(algorithm);
    if (known == nullptr || EVP_DigestInit_ex(state_->context, known->method(), nullptr) != 1)
        throw std::bad_alloc();
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

Digest Hasher::finish() {
    Digest digest{algorithm_, std::vector<std::uint8_t>(digest_size(algorithm_))};
    EVP_DigestFinal_ex(state_->context, digest.bytes.data(), nullptr);
    return digest;
}

Result<Digest> digest_of_file(int fd, std::string_view path, std::string_view algorithm) {
    Hasher hasher(algorithm);
    std::vector<std::byte> buffer(256 * 1024);
    for (std::int64_t offset = 0;;) {
        const auto got = sys::pread(fd, buffer, offset);
        if (!got) return fail(system_problem(path, "read the file", got.error()));
        if (*got == 0) return hasher.finish();
        hasher.update(std::span(buffer).first(*got));
        offset += static_cast<std::int64_t>(*got);
    }
}

} // namespace cmw::base
