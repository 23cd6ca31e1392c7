// SPDX-License-Identifier: Apache-2.0
//
// logs/fingerprint.hpp - by what bytes are recognised. Against accidents, not against people. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace cmw::logs {

/// FNV-1a, 64 bits.
std::uint64_t checksum(std::string_view bytes);

/// The first bytes of a file tell it from another that got the same inode number later.
struct Fingerprint {
    static constexpr std::size_t most = 256;

    std::uint64_t size = 0; ///< Of the bytes that `hash` is of; at most `most`.
    std::uint64_t hash = 0;

    static Fingerprint of(std::string_view first_bytes);
    /// Whether it is of the start of these.
    bool fits(std::string_view first_bytes) const {
        return of(first_bytes.substr(0, size)) == *this;
    }
    bool operator==(const Fingerprint&) const = default;
};

} // namespace cmw::logs
