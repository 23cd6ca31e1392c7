// SPDX-License-Identifier: Apache-2.0
#include "control/json.hpp"

#include <cmath>
#include <fmt/format.h>

namespace cmw::control {

namespace {

/// The length of the UTF-8 sequence at the start of `text` (RFC 3629), 0 if it is not one.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    // Overlong forms, surrogates and what is beyond U+10FFFF.
    const auto second = byte(1);
    const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                       (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return wrong ? 0 : length;
}

} // namespace

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        const auto length = sequence_length(text);
        if (c == '"' || c == '\\') quoted.append({'\\', static_cast<char>(c)});
        else if (c == '\n') quoted += "\\n";
        else if (c == '\t') quoted += "\\t";
        else if (c < 0x20 || c == 0x7F) quoted += fmt::format("\\u{:04x}", c);
        else if (length == 0) quoted += "\xEF\xBF\xBD";
        else quoted += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return quoted += '"';
}

void JsonWriter::separate() {
    if (needs_comma_) out_ += ", ";
    needs_comma_ = true;
}

JsonWriter& JsonWriter::begin(char bracket) {
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    out_ += json_string(name);
    out_ += ": ";
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view value) {
    separate();
    out_ += value;
    return *this;
}

JsonWriter& JsonWriter::seconds(double value) {
    if (!std::isfinite(value)) return null();
    return raw(fmt::format("{}", std::round(value * 1000) / 1000));
}

JsonWriter& JsonWriter::texts(const std::vector<std::string>& values) {
    begin_array();
    for (const auto& value : values) text(value);
    return end_array();
}

JsonWriter& JsonWriter::texts(const std::map<std::string, std::string>& values) {
    begin_object();
    for (const auto& [name, value] : values) key(name).text(value);
    return end_object();
}

} // namespace cmw::control
