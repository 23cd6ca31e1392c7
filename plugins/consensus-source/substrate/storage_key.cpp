// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/storage_key.hpp"

#include "shared/hex.hpp"

#include <array>
#include <xxhash.h>

namespace cmw::substrate {
namespace {

std::array<std::uint8_t, 16> twox128(std::string_view text) {
    std::array<std::uint8_t, 16> key{};
    for (unsigned seed = 0; seed < 2; ++seed) {
        const std::uint64_t hash = XXH64(text.data(), text.size(), seed);
        for (unsigned i = 0; i < 8; ++i)
            key[8 * seed + i] = static_cast<std::uint8_t>(hash >> (8 * i));
    }
    return key;
}

} // namespace

std::string storage_key(std::string_view prefix, std::string_view item) {
    return "0x" + shared::to_hex(twox128(prefix)) + shared::to_hex(twox128(item));
}

} // namespace cmw::substrate
