// SPDX-License-Identifier: Apache-2.0
//
// substrate/metadata.hpp - finds one storage item in a runtime's metadata.
//
// Source: the crates frame-metadata (V14, V15) and scale-info (the portable registry). The two
// versions are alike up to the pallets, which is as far as this reads; V15 adds texts to a pallet.
#pragma once

#include "consensus-source/substrate/layout.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cmw::substrate {

/// What is to be known of one item of a pallet's storage.
struct StorageItem {
    /// How a map's key is hashed into the storage key, by the number in the metadata.
    enum class Hasher : std::uint8_t {
        Blake2_128,
        Blake2_256,
        Blake2_128Concat,
        Twox128,
        Twox256,
        Twox64Concat,
        Identity
    };

    std::string prefix;          ///< Of the pallet in storage keys; mostly its name.
    std::string name;            ///< Of the item.
    bool optional = false;       ///< A missing value is None; otherwise it is `fallback`.
    std::vector<Hasher> hashers; ///< Of a map, one for each key; none: a single value.
    std::vector<std::uint8_t> fallback;
    Layout value;
};

/// Throws cmw::Error: CMW_NOT_FOUND if the runtime has no such pallet or item, CMW_UNSUPPORTED
/// for another version, CMW_INVALID if the metadata make no sense. Keeps nothing of `metadata`.
StorageItem find_storage_item(Bytes metadata, std::string_view pallet, std::string_view item);

} // namespace cmw::substrate
