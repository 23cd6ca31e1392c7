// SPDX-License-Identifier: Apache-2.0
//
// A type by its name, as metadata of version 13 have it, and a value decoded by it: the text is up
// to the first zero byte, the rest is the value.
#include "consensus-source/substrate/type_names.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const cmw::substrate::Bytes bytes(data, size);
    const auto end = std::ranges::find(bytes, 0);
    const auto length = static_cast<std::size_t>(end - bytes.begin());
    const std::string text(reinterpret_cast<const char*>(data), length);
    const cmw::substrate::TypeNames names{{"A", "{b: Vec<A>, c: B}"}, {"B", "B"}, {"C", text}};
    try {
        const auto layout = cmw::substrate::named_layout(text, names);
        cmw::substrate::decode(layout, bytes.subspan(std::min(length + 1, size)));
    } catch (const cmw::Error&) {
    }
    return 0;
}
