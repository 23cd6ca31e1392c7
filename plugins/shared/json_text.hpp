// SPDX-License-Identifier: Apache-2.0
//
// shared/json_text.hpp - text as it stands between the quotes of a JSON string, written by hand: nearly
// all the bytes of log records go through here, and a library would take longer over it than all the
// rest takes. Bytes that are not UTF-8 become U+FFFD, each of them, for an operator to see; controls,
// DEL among them, are escaped. Pure. Source: RFC 8259.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cmw::shared {

/// Returns where it ends. `out` must have json_room(size) bytes. Adds to `bytes` what the text has as
/// UTF-8, before escapes.
char* write_json_text(char* out, std::string_view text, std::size_t& bytes);

/// What a text of that size may take at most, with some bytes behind it that are written for speed.
constexpr std::size_t json_room(std::size_t size) {
    return 6 * size + 16;
}

/// How much of a text goes by itself, at most `most` (at least 4): no code point is cut.
std::size_t utf8_part(std::string_view text, std::size_t most);

void append_json_text(std::string& out, std::string_view text);

} // namespace cmw::shared
