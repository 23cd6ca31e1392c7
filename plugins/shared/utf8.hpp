// SPDX-License-Identifier: Apache-2.0
//
// shared/utf8.hpp - what is UTF-8 and what is not. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace cmw::shared {

/// The length of the UTF-8 sequence that `text` begins with; 0 if it is none (overlong forms,
/// surrogates and what is over U+10FFFF are none, as the Unicode standard's table 3-7 has it).
inline std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length == 0 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return length;
}

} // namespace cmw::shared
