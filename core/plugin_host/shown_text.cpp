// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/shown_text.hpp"

#include <algorithm>

namespace cmw::plugin_host {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Bytes of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0: none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0U) != 0x80) return 0;
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (first < 0x20 || first == 0x7F) return true;
    // U+0080 to U+009F: some terminals obey them.
    return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

} // namespace

std::string fit_to_show(std::string_view text, std::size_t limit) {
    std::string line;
    std::size_t last_fitting = 0; // The longest part of the line that leaves room for an ellipsis.
    while (!text.empty() && line.size() <= limit) {
        if (line.size() + ellipsis.size() <= limit) last_fitting = line.size();
        const auto length = sequence_length(text);
        auto piece = length == 0 ? replacement : text.substr(0, length);
        if (length != 0 && is_control(piece)) piece = " ";
        text.remove_prefix(std::max<std::size_t>(length, 1));
        if (piece == " " && (line.empty() || line.back() == ' ')) continue;
        line += piece;
    }
    if (line.size() > limit) return line.substr(0, last_fitting) + std::string(ellipsis);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

} // namespace cmw::plugin_host
