// SPDX-License-Identifier: Apache-2.0
//
// substrate/layout.hpp - how a value is laid out, as the chain's metadata says, and decoding by it.
//
// A layout is what is left of the metadata: the few types that one value needs, with names of
// their own, so that the half megabyte it came from can go.
#pragma once

#include "consensus-source/substrate/scale.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cmw::substrate {

/// One field of a struct, or of a variant.
struct Field {
    std::string name; ///< "" in a tuple.
    std::uint32_t type = 0;
};

struct Variant {
    std::string name;
    std::uint8_t index = 0; ///< As encoded.
    std::vector<Field> fields;
};

struct Type {
    enum class Kind { Struct, Enum, Sequence, Array, Number, Boolean, Text, Compact, Bits };

    Kind kind = Kind::Struct;
    std::vector<Field> fields;     ///< Struct; a tuple is one without names.
    std::vector<Variant> variants; ///< Enum.
    std::uint32_t element = 0;     ///< Sequence, Array.
    std::uint32_t count = 0;       ///< Array: elements. Number: bytes. Bits: bytes of one word.
};

/// Types that refer to each other by their index.
struct Layout {
    std::vector<Type> types;
    std::uint32_t root = 0;
};

/// A decoded value. Borrows the bytes that it was decoded from.
struct Value {
    enum class Kind {
        Struct,  ///< members are its fields
        List,    ///< members are its elements
        Variant, ///< variant tells which, members are the fields
        Number,  ///< raw is little-endian; a boolean is one, too
        Compact, ///< raw is as encoded
        Fixed,   ///< [u8; N]: raw is the bytes
        Blob,    ///< Vec<u8>, text or bits: raw is the bytes with their length before them
    };

    Kind kind = Kind::Struct;
    std::string name;    ///< Of the field that it is; "" elsewhere.
    std::string variant; ///< Of Variant: "None", "Some".
    Bytes raw;           ///< What it is encoded as.
    std::vector<Value> members;
};

/// The member of this name; nullptr if there is none.
const Value* member(const Value& value, std::string_view name);

/// What an Option has, or the value itself; nullptr of None.
const Value* unwrapped(const Value& value);

/// A number of at most 64 bits; nothing if it is something else.
std::optional<std::uint64_t> number(const Value& value);

/// The content of a Fixed or of a Blob; empty if it is something else.
Bytes content(const Value& value);

/// Decodes all of `bytes`; too few or too many throw cmw::Error(CMW_INVALID). A struct of one
/// unnamed field, such as H256, is decoded as that field. Depth and size are bounded, whatever
/// layout and bytes say.
Value decode(const Layout& layout, Bytes bytes);

} // namespace cmw::substrate
