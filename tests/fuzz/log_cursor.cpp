// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a cursor file: read or refused, and what is read is written and read the same again,
// the list of finished files too.
#include "logs/cursor.hpp"

#include <cstdlib>

using namespace cmw::logs;

namespace {

void check_list(std::string_view content) {
    const auto found = decode_finished(content);
    if (!found) return;
    const auto line = encode_finished(found->finished, found->turn, CursorFile::list_size);
    const auto again = decode_finished(line);
    if (!again || again->turn != found->turn || line.size() > CursorFile::list_size) std::abort();
    if (!again->finished.is_cut() && !(again->finished == found->finished)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view content(reinterpret_cast<const char*>(data), size);
    check_list(content);
    (void)decode_finished_file(content);
    const auto found = decode_cursor_file(content);
    if (!found) return 0;
    const auto again = decode_cursor(encode_cursor(found->cursor, found->turn));
    if (!again || !(again->cursor == found->cursor) || again->turn != found->turn) std::abort();
    return 0;
}
