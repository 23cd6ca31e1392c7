// SPDX-License-Identifier: Apache-2.0
//
// substrate/metadata.hpp - finds storage items and calls in a runtime's metadata.
//
// Source: the crate frame-metadata (V13, V14, V15). V14 and V15 carry a registry of types and are
// alike up to the pallets, which is as far as this reads; V15 adds texts to a pallet. V13 names
// types by texts: type_names.hpp.
#pragma once

#include "consensus-source/substrate/portable_types.hpp"
#include "consensus-source/substrate/type_names.hpp"

#include <array>
#include <optional>
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

/// One call of a pallet, as its encoding begins: the pallet's number and its own.
using CallPrefix = std::array<std::uint8_t, 2>;

class Metadata {
  public:
    /// Borrows `bytes`. `names` say what types are, for V13 alone. Throws cmw::Error:
    /// CMW_UNSUPPORTED for another version, CMW_INVALID if the metadata make no sense.
    explicit Metadata(Bytes bytes, TypeNames names = {});

    /// Throws CMW_NOT_FOUND if the runtime has no such pallet or item, and in V13 CMW_UNSUPPORTED
    /// if nobody says what the type of the value is.
    StorageItem item(std::string_view pallet, std::string_view item) const;

    /// The same without a layout of its value; nothing if the runtime has none.
    std::optional<StorageItem> place(std::string_view pallet, std::string_view item) const;

    /// Nothing if the runtime has none, or has V13.
    std::optional<CallPrefix> call(std::string_view pallet, std::string_view call) const;

  private:
    struct Entry {
        std::string_view pallet;
        StorageItem item; // Without its layout.
        std::uint32_t type = 0;
        std::string_view type_name; // Of V13.
    };
    struct Pallet {
        std::string_view name;
        std::uint8_t number = 0;
        std::optional<std::uint32_t> calls; // Their type.
    };

    void read_pallet(ScaleReader& in);
    void read_module(ScaleReader& in);
    void read_entries(ScaleReader& in, std::string_view pallet);
    void read_type(ScaleReader& in, Entry& entry) const;
    const Entry* find(std::string_view pallet, std::string_view item) const;

    std::uint8_t version_ = 0;
    TypeNames names_;
    PortableTypes types_;
    std::vector<Pallet> pallets_;
    std::vector<Entry> entries_;
};

/// One item and nothing else. Keeps nothing of `metadata`.
inline StorageItem find_storage_item(Bytes metadata, std::string_view pallet, std::string_view item,
                                     TypeNames names = {}) {
    return Metadata(metadata, std::move(names)).item(pallet, item);
}

} // namespace cmw::substrate
