// SPDX-License-Identifier: Apache-2.0
//
// Values by layouts, both from the network: the first byte says how many bytes are metadata-like
// definitions of types in a form of our own, the rest is the value.
#include "consensus-source/substrate/layout.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>

using namespace cmw::substrate;

namespace {

/// A type from two bytes: its kind, and a number that is its width, count or element.
Type type_of(std::uint8_t kind, std::uint8_t number) {
    Type type{.kind = static_cast<Type::Kind>(kind % 9)};
    type.element = number % 8;
    type.count = type.kind == Type::Kind::Bits ? 1 + number % 8 : number;
    for (std::uint8_t i = 0; i < number % 4; ++i) {
        type.fields.push_back({i == 0 ? "" : "f", static_cast<std::uint32_t>(number / 4 % 8)});
        type.variants.push_back({"v", i, type.fields});
    }
    return type;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t types = data[0] % 8;
    if (size < 1 + 2 * types) return 0;
    Layout layout;
    for (std::size_t i = 0; i < types; ++i)
        layout.types.push_back(type_of(data[1 + 2 * i], data[2 + 2 * i]));
    try {
        decode(layout, Bytes(data, size).subspan(1 + 2 * types));
    } catch (const cmw::Error&) {
    }
    return 0;
}
