// SPDX-License-Identifier: Apache-2.0
//
// libsodium, because OpenSSL 3.0 has BLAKE2b at its full 64 bytes only, and a shorter one is not a
// part of the longer.
#include "consensus-source/substrate/blake2.hpp"

#include <sodium/crypto_generichash_blake2b.h>

namespace cmw::substrate {
namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> blake2b(Bytes data) {
    std::array<std::uint8_t, Size> hash{};
    // Fails for sizes that are none alone.
    ::crypto_generichash_blake2b(hash.data(), Size, data.data(), data.size(), nullptr, 0);
    return hash;
}

} // namespace

Hash blake2b_256(Bytes data) {
    return blake2b<32>(data);
}

std::array<std::uint8_t, 16> blake2b_128(Bytes data) {
    return blake2b<16>(data);
}

} // namespace cmw::substrate
