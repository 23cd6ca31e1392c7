// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a cursor file: read or refused, and what is read is written and read the same again.
#include "logs/cursor.hpp"

#include <cstdlib>

using namespace cmw::logs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto found = decode_cursor_file({reinterpret_cast<const char*>(data), size});
    if (!found) return 0;
    const auto again = decode_cursor(encode_cursor(found->cursor, found->turn));
    if (!again || !(again->cursor == found->cursor) || again->turn != found->turn) std::abort();
    return 0;
}
