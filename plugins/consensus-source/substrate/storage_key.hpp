// SPDX-License-Identifier: Apache-2.0
//
// substrate/storage_key.hpp - where an item stands in a chain's storage.
#pragma once

#include "consensus-source/substrate/metadata.hpp"

#include <span>
#include <string>
#include <string_view>

namespace cmw::substrate {

/// "0x" and the hexadecimal of twox128(prefix) ++ twox128(item), where twox128 is XXH64 with the
/// seeds 0 and 1, each little-endian.
std::string storage_key(std::string_view prefix, std::string_view item);

/// Of a single value, or with an encoded key of a map of one key: its hash follows. Throws
/// cmw::Error(CMW_UNSUPPORTED) if the item has another number of keys.
std::string storage_key(const StorageItem& item);
std::string storage_key(const StorageItem& item, Bytes key);

/// The map's key of `size` bytes that ends `storage_key`, where the hasher keeps it; else nothing.
std::optional<std::vector<std::uint8_t>> key_of(const StorageItem& item,
                                                std::string_view storage_key, std::size_t size);

} // namespace cmw::substrate
