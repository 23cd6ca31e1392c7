// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/layout.hpp"

#include <algorithm>

namespace cmw::substrate {
namespace {

constexpr unsigned deepest = 64;
// Enough for the records of thousands of validators, and against a list of 2^30 empty elements.
constexpr std::size_t most_values = 1u << 16;

class Decoder {
  public:
    Decoder(const Layout& layout, Bytes bytes) : layout_(layout), in_(bytes) {}

    Value all() {
        auto value = read(layout_.root, 0);
        if (in_.left() != 0)
            in_.fail(std::to_string(in_.left()) + " bytes are left behind the value");
        return value;
    }

  private:
    Value read(std::uint32_t index, unsigned depth) {
        if (index >= layout_.types.size()) in_.fail("the type is unknown");
        if (depth > deepest) in_.fail("the value is nested too deeply");
        if (++values_ > most_values) in_.fail("the value has too many parts");
        const auto& type = layout_.types[index];
        if (type.kind == Type::Kind::Struct && type.fields.size() == 1 &&
            type.fields[0].name.empty())
            return read(type.fields[0].type, depth + 1);
        const auto start = in_.offset();
        auto value = read(type, depth);
        value.raw = in_.between(start, in_.offset());
        return value;
    }

    Value read(const Type& type, unsigned depth) {
        switch (type.kind) {
        case Type::Kind::Struct:
            return {.kind = Value::Kind::Struct, .members = fields(type.fields, depth)};
        case Type::Kind::Enum:
            return variant(type, depth);
        case Type::Kind::Sequence:
            return elements(type.element, in_.compact32(), true, depth);
        case Type::Kind::Array:
            return elements(type.element, type.count, false, depth);
        case Type::Kind::Number:
            in_.take(type.count);
            return {.kind = Value::Kind::Number};
        case Type::Kind::Boolean:
            in_.boolean();
            return {.kind = Value::Kind::Number};
        case Type::Kind::Text:
            in_.sized();
            return {.kind = Value::Kind::Blob};
        case Type::Kind::Compact:
            in_.skip_compact();
            return {.kind = Value::Kind::Compact};
        case Type::Kind::Bits:
            break;
        }
        const std::size_t word = std::size_t{8} * type.count;
        in_.take((in_.compact32() + word - 1) / word * type.count);
        return {.kind = Value::Kind::Blob};
    }

    std::vector<Value> fields(const std::vector<Field>& fields, unsigned depth) {
        std::vector<Value> members;
        for (const auto& field : fields) {
            members.push_back(read(field.type, depth + 1));
            members.back().name = field.name;
        }
        return members;
    }

    Value variant(const Type& type, unsigned depth) {
        const ScaleReader start = in_;
        const auto found = std::ranges::find(type.variants, in_.u8(), &Variant::index);
        if (found == type.variants.end()) start.fail("no variant has this index");
        return {.kind = Value::Kind::Variant,
                .variant = found->name,
                .members = fields(found->fields, depth)};
    }

    Value elements(std::uint32_t element, std::uint32_t count, bool sized, unsigned depth) {
        if (is_byte(element)) {
            in_.take(count);
            return {.kind = sized ? Value::Kind::Blob : Value::Kind::Fixed};
        }
        Value list{.kind = Value::Kind::List};
        for (std::uint32_t i = 0; i < count; ++i) list.members.push_back(read(element, depth + 1));
        return list;
    }

    bool is_byte(std::uint32_t index) const {
        if (index >= layout_.types.size()) return false;
        const auto& type = layout_.types[index];
        return type.kind == Type::Kind::Number && type.count == 1;
    }

    const Layout& layout_;
    ScaleReader in_;
    std::size_t values_ = 0;
};

} // namespace

const Value* member(const Value& value, std::string_view name) {
    const auto found = std::ranges::find(value.members, name, &Value::name);
    return found == value.members.end() ? nullptr : &*found;
}

const Value* unwrapped(const Value& value) {
    if (value.kind != Value::Kind::Variant) return &value;
    if (value.variant == "None") return nullptr;
    return value.variant == "Some" && value.members.size() == 1 ? &value.members[0] : &value;
}

std::optional<std::uint64_t> number(const Value& value) {
    if (value.kind == Value::Kind::Compact) {
        if ((value.raw[0] & 3) == 3 && value.raw[0] >> 2 > 4) return std::nullopt;
        return ScaleReader(value.raw).compact();
    }
    if (value.kind != Value::Kind::Number || value.raw.size() > 8) return std::nullopt;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < value.raw.size(); ++i)
        sum |= std::uint64_t{value.raw[i]} << (8 * i);
    return sum;
}

Bytes content(const Value& value) {
    if (value.kind == Value::Kind::Fixed) return value.raw;
    return value.kind == Value::Kind::Blob ? ScaleReader(value.raw).sized() : Bytes();
}

Value decode(const Layout& layout, Bytes bytes) {
    return Decoder(layout, bytes).all();
}

} // namespace cmw::substrate
