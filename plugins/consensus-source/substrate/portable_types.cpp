// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/portable_types.hpp"

#include <cmw/error.hpp>

#include <array>

namespace cmw::substrate {
namespace {

std::string optional_text(ScaleReader& in) {
    return in.boolean() ? std::string(in.text()) : std::string();
}

std::vector<Field> read_fields(ScaleReader& in) {
    std::vector<Field> fields;
    for (auto count = in.compact32(); count > 0; --count) {
        Field field{.name = optional_text(in), .type = in.compact32()};
        optional_text(in); // The name of the type, as the source has it.
        in.skip_texts();
        fields.push_back(std::move(field));
    }
    return fields;
}

Type read_enum(ScaleReader& in) {
    Type type{.kind = Type::Kind::Enum};
    for (auto count = in.compact32(); count > 0; --count) {
        Variant variant{.name = std::string(in.text()), .fields = read_fields(in)};
        variant.index = in.u8();
        in.skip_texts();
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

/// The definition of one type.
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

} // namespace

PortableTypes::PortableTypes(Bytes metadata, ScaleReader& in) : metadata_(metadata) {
    for (auto count = in.compact32(); count > 0; --count) {
        const auto id = in.compact32();
        in.skip_texts(); // path
        for (auto parameters = in.compact32(); parameters > 0; --parameters) {
            in.text();
            if (in.boolean()) in.compact32();
        }
        places_[id] = in.offset();
        read_definition(in);
        in.skip_texts();
    }
}

Layout PortableTypes::layout(std::uint32_t root) const {
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
        auto found = type(wanted[i]);
        if (found.kind == Type::Kind::Bits) found.count = width(found.element);
        for (auto& field : found.fields) renumber(field.type);
        for (auto& variant : found.variants)
            for (auto& field : variant.fields) renumber(field.type);
        if (found.kind == Type::Kind::Sequence || found.kind == Type::Kind::Array)
            renumber(found.element);
        layout.types.push_back(std::move(found));
    }
    return layout;
}

Type PortableTypes::type(std::uint32_t id) const {
    const auto place = places_.find(id);
    if (place == places_.end())
        throw Error(CMW_INVALID, "cannot read the metadata: they lack type " + std::to_string(id));
    ScaleReader in(metadata_, place->second);
    return read_definition(in);
}

std::uint32_t PortableTypes::width(std::uint32_t word) const {
    const auto found = type(word);
    if (found.kind != Type::Kind::Number)
        throw Error(CMW_INVALID, "cannot read the metadata: bits are not kept in numbers");
    return found.count;
}

} // namespace cmw::substrate
