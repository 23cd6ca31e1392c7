// SPDX-License-Identifier: Apache-2.0
#include "control/json.hpp"

#include "base/text.hpp"

#include <cmath>
#include <fmt/format.h>

namespace cmw::control {

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        const auto length = base::utf8_length(text);
        if (c == '"' || c == '\\')
            quoted.append({'\\', static_cast<char>(c)});
        else if (c == '\n')
            quoted += "\\n";
        else if (c == '\t')
            quoted += "\\t";
        else if (c < 0x20 || c == 0x7F)
            quoted += fmt::format("\\u{:04x}", c);
        else if (length == 0)
            quoted += "\xEF\xBF\xBD";
        else
            quoted += text.substr(0, length);
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
