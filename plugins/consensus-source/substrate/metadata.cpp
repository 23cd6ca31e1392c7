// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/metadata.hpp"

#include <cmw/error.hpp>

#include <array>
#include <map>
#include <optional>

namespace cmw::substrate {
namespace {

constexpr std::uint32_t magic = 0x6174656d; // "meta"

void skip_texts(ScaleReader& in) {
    for (auto count = in.compact32(); count > 0; --count) in.text();
}

std::string optional_text(ScaleReader& in) {
    return in.boolean() ? std::string(in.text()) : std::string();
}

std::vector<Field> read_fields(ScaleReader& in) {
    std::vector<Field> fields;
    for (auto count = in.compact32(); count > 0; --count) {
        Field field{.name = optional_text(in), .type = in.compact32()};
        optional_text(in); // The name of the type, as the source has it.
        skip_texts(in);
        fields.push_back(std::move(field));
    }
    return fields;
}

Type read_enum(ScaleReader& in) {
    Type type{.kind = Type::Kind::Enum};
    for (auto count = in.compact32(); count > 0; --count) {
        Variant variant{.name = std::string(in.text()), .fields = read_fields(in)};
        variant.index = in.u8();
        skip_texts(in);
        type.variants.push_back(std::move(variant));
    }
    return type;
}

Type read_primitive(ScaleReader& in) {
    // bool, char, str, then u8 to u256 and i8 to i256.
    constexpr std::array<std::uint32_t, 6> widths{1, 2, 4, 8, 16, 32};
    const ScaleReader start = in;
    const auto code = in.u8();
    if (code == 0) return {.kind = Type::Kind::Boolean};
    if (code == 1) return {.kind = Type::Kind::Number, .count = 4};
    if (code == 2) return {.kind = Type::Kind::Text};
    if (code >= 3 + 2 * widths.size()) start.fail("no primitive type has this number");
    return {.kind = Type::Kind::Number, .count = widths[(code - 3) % widths.size()]};
}

Type read_tuple(ScaleReader& in) {
    Type type{.kind = Type::Kind::Struct};
    for (auto count = in.compact32(); count > 0; --count)
        type.fields.push_back({.name = {}, .type = in.compact32()});
    return type;
}

/// The definition of one type; Bits has the type of its word in `element`.
Type read_definition(ScaleReader& in) {
    const ScaleReader start = in;
    switch (in.u8()) {
    case 0:
        return {.kind = Type::Kind::Struct, .fields = read_fields(in)};
    case 1:
        return read_enum(in);
    case 2:
        return {.kind = Type::Kind::Sequence, .element = in.compact32()};
    case 3: {
        Type type{.kind = Type::Kind::Array, .count = in.u32()};
        type.element = in.compact32();
        return type;
    }
    case 4:
        return read_tuple(in);
    case 5:
        return read_primitive(in);
    case 6:
        return {.kind = Type::Kind::Compact, .element = in.compact32()};
    case 7: {
        Type type{.kind = Type::Kind::Bits, .element = in.compact32()};
        in.compact32(); // The order of bits does not change the size.
        return type;
    }
    default:
        start.fail("no kind of type has this number");
    }
}

/// The registry is walked once, and of each type only its place is kept: most are never needed.
class Registry {
  public:
    Registry(Bytes metadata, ScaleReader& in) : metadata_(metadata) {
        for (auto count = in.compact32(); count > 0; --count) {
            const auto id = in.compact32();
            skip_texts(in); // path
            for (auto parameters = in.compact32(); parameters > 0; --parameters) {
                in.text();
                if (in.boolean()) in.compact32();
            }
            places_[id] = in.offset();
            read_definition(in);
            skip_texts(in);
        }
    }

    /// `root` and all that it needs, numbered anew.
    Layout layout(std::uint32_t root) const {
        Layout layout;
        std::map<std::uint32_t, std::uint32_t> known;
        std::vector<std::uint32_t> wanted;
        const auto renumber = [&](std::uint32_t& id) {
            const auto [at, added] = known.emplace(id, static_cast<std::uint32_t>(known.size()));
            if (added) wanted.push_back(id);
            id = at->second;
        };
        layout.root = root;
        renumber(layout.root);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto type = read(wanted[i]);
            if (type.kind == Type::Kind::Bits) type.count = width(type.element);
            for (auto& field : type.fields) renumber(field.type);
            for (auto& variant : type.variants)
                for (auto& field : variant.fields) renumber(field.type);
            if (type.kind == Type::Kind::Sequence || type.kind == Type::Kind::Array)
                renumber(type.element);
            layout.types.push_back(std::move(type));
        }
        return layout;
    }

  private:
    Type read(std::uint32_t id) const {
        const auto place = places_.find(id);
        if (place == places_.end())
            throw Error(CMW_INVALID,
                        "cannot read the metadata: they lack type " + std::to_string(id));
        ScaleReader in(metadata_, place->second);
        return read_definition(in);
    }

    std::uint32_t width(std::uint32_t word) const {
        const auto type = read(word);
        if (type.kind != Type::Kind::Number)
            throw Error(CMW_INVALID, "cannot read the metadata: bits are not kept in numbers");
        return type.count;
    }

    Bytes metadata_;
    std::map<std::uint32_t, std::size_t> places_;
};

/// One entry of a pallet's storage; `type` is that of its value.
StorageItem read_entry(ScaleReader& in, std::uint32_t& type) {
    StorageItem item{.name = std::string(in.text())};
    item.optional = in.u8() == 0;
    if (in.boolean()) {
        for (auto count = in.compact32(); count > 0; --count) {
            const ScaleReader start = in;
            const auto hasher = in.u8();
            if (hasher > 6) start.fail("no hasher has this number");
            item.hashers.push_back(static_cast<StorageItem::Hasher>(hasher));
        }
        in.compact32(); // The type of the key.
    }
    type = in.compact32();
    const auto fallback = in.sized();
    item.fallback.assign(fallback.begin(), fallback.end());
    skip_texts(in);
    return item;
}

/// The storage of a pallet: the item if it is there and wanted.
std::optional<StorageItem> read_storage(ScaleReader& in, const Registry& types,
                                        std::string_view wanted) {
    std::optional<StorageItem> found;
    const std::string prefix(in.text());
    for (auto count = in.compact32(); count > 0; --count) {
        std::uint32_t type = 0;
        auto item = read_entry(in, type);
        if (item.name != wanted) continue;
        item.prefix = prefix;
        item.value = types.layout(type);
        found = std::move(item);
    }
    return found;
}

void skip_rest_of_pallet(ScaleReader& in, std::uint8_t version) {
    if (in.boolean()) in.compact32(); // calls
    if (in.boolean()) in.compact32(); // events
    for (auto count = in.compact32(); count > 0; --count) {
        in.text();
        in.compact32();
        in.sized();
        skip_texts(in);
    }
    if (in.boolean()) in.compact32(); // errors
    in.u8();
    if (version == 15) skip_texts(in);
}

} // namespace

StorageItem find_storage_item(Bytes metadata, std::string_view pallet, std::string_view item) {
    ScaleReader in(metadata);
    if (in.u32() != magic)
        throw Error(CMW_INVALID, "cannot read the metadata: they do not begin with \"meta\"");
    const auto version = in.u8();
    if (version != 14 && version != 15)
        throw Error(CMW_UNSUPPORTED, "cannot read metadata of version " + std::to_string(version) +
                                         ": 14 and 15 are understood");
    const Registry types(metadata, in);
    for (auto count = in.compact32(); count > 0; --count) {
        const bool wanted = in.text() == pallet;
        std::optional<StorageItem> found;
        if (in.boolean()) found = read_storage(in, types, wanted ? item : std::string_view());
        if (found) return std::move(*found);
        if (wanted)
            throw Error(CMW_NOT_FOUND, "cannot find the item " + std::string(item) +
                                           " in the pallet " + std::string(pallet));
        skip_rest_of_pallet(in, version);
    }
    throw Error(CMW_NOT_FOUND, "cannot find the pallet " + std::string(pallet));
}

} // namespace cmw::substrate
