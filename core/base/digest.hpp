// SPDX-License-Identifier: Apache-2.0
//
// base/digest.hpp - the digests that name artifacts, computed as bytes come, through OpenSSL.
//
// The xx network names its software by BLAKE2s-256 (RFC 7693); others use SHA-256 or
// SHA-512.
#pragma once

#include "base/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::base {

/// A digest with its algorithm: how an artifact is named everywhere in the core.
struct Digest {
    std::string algorithm;           ///< "blake2s-256", "sha-256" or "sha-512".
    std::vector<std::uint8_t> bytes; ///< digest_size(algorithm) of them.

    std::string hex() const;
    /// "blake2s-256-<hex>": a file name, and a key in the state.
    std::string name() const { return algorithm + "-" + hex(); }
    bool all_zero() const;
    auto operator<=>(const Digest&) const = default;
};

inline constexpr std::string_view default_algorithm = "blake2s-256";

/// Bytes of a digest of this algorithm; 0 if it is not a known one.
std::size_t digest_size(std::string_view algorithm);

/// A digest in hexadecimal, with or without "0x"; nothing if `hex` is not just that, and whole.
std::optional<Digest> parse_digest(std::string_view hex,
                                   std::string_view algorithm = default_algorithm);

/// The inverse of Digest::name().
std::optional<Digest> parse_digest_name(std::string_view name);

/// Computes one digest. Not for several threads at once.
class Hasher {
  public:
    /// `algorithm` must be a known one.
    explicit Hasher(std::string_view algorithm);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void update(std::span<const std::byte> bytes);
    /// The digest of all bytes so far; the hasher is spent.
    Digest finish();

  private:
    struct State;
    std::string algorithm_;
    std::unique_ptr<State> state_;
};

/// The digest of what `fd` holds from its start to its end; the file offset is not touched.
/// Bounded memory. Reads for as long as the file is: not for the core's thread.
Result<Digest> digest_of_file(int fd, std::string_view path,
                              std::string_view algorithm = default_algorithm);

} // namespace cmw::base
