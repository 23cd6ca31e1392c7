// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/storage_key.hpp"

#include "consensus-source/substrate/blake2.hpp"
#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <xxhash.h>

namespace cmw::substrate {
namespace {

using Hasher = StorageItem::Hasher;

/// XXH64 with the seeds 0, 1, ... up to `size` bytes, each little-endian.
std::string twox(Bytes bytes, unsigned size) {
    std::vector<std::uint8_t> key;
    for (unsigned seed = 0; seed < size / 8; ++seed) {
        const std::uint64_t hash = XXH64(bytes.data(), bytes.size(), seed);
        for (unsigned i = 0; i < 8; ++i) key.push_back(static_cast<std::uint8_t>(hash >> (8 * i)));
    }
    return shared::to_hex(key);
}

std::string hashed(Hasher hasher, Bytes key) {
    switch (hasher) {
    case Hasher::Blake2_128:
        return shared::to_hex(blake2b_128(key));
    case Hasher::Blake2_256:
        return shared::to_hex(blake2b_256(key));
    case Hasher::Blake2_128Concat:
        return shared::to_hex(blake2b_128(key)) + shared::to_hex(key);
    case Hasher::Twox128:
        return twox(key, 16);
    case Hasher::Twox256:
        return twox(key, 32);
    case Hasher::Twox64Concat:
        return twox(key, 8) + shared::to_hex(key);
    case Hasher::Identity:
        break;
    }
    return shared::to_hex(key);
}

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void need_keys(const StorageItem& item, std::size_t count) {
    if (item.hashers.size() != count)
        throw Error(CMW_UNSUPPORTED, "cannot read " + item.prefix + "." + item.name + ": it has " +
                                         std::to_string(item.hashers.size()) + " keys, not " +
                                         std::to_string(count));
}

} // namespace

std::string storage_key(std::string_view prefix, std::string_view item) {
    return "0x" + twox(bytes_of(prefix), 16) + twox(bytes_of(item), 16);
}

std::string storage_key(const StorageItem& item) {
    need_keys(item, 0);
    return storage_key(item.prefix, item.name);
}

std::string storage_key(const StorageItem& item, Bytes key) {
    need_keys(item, 1);
    return storage_key(item.prefix, item.name) + hashed(item.hashers[0], key);
}

std::optional<std::vector<std::uint8_t>> key_of(const StorageItem& item,
                                                std::string_view storage_key, std::size_t size) {
    const auto hasher = item.hashers.size() == 1 ? item.hashers[0] : Hasher::Twox128;
    const bool kept = hasher == Hasher::Blake2_128Concat || hasher == Hasher::Twox64Concat ||
                      hasher == Hasher::Identity;
    if (!kept || storage_key.size() < 2 * size) return std::nullopt;
    return shared::from_hex(storage_key.substr(storage_key.size() - 2 * size));
}

} // namespace cmw::substrate
