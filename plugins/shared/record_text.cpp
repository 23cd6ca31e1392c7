// SPDX-License-Identifier: Apache-2.0
#include "shared/record_text.hpp"

#include "shared/json_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace cmw::record_text {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

} // namespace

std::string_view level_name(std::uint32_t level) {
    static constexpr std::array<std::string_view, 6> names{"TRACE", "DEBUG", "INFO",
                                                           "WARN",  "ERROR", "FATAL"};
    return level < names.size() ? names[level] : names[CMW_LEVEL_INFO];
}

void append_time(std::string& out, std::int64_t time_ns) {
    constexpr std::int64_t second = 1'000'000'000;
    auto seconds = time_ns / second;
    auto rest = time_ns % second;
    if (rest < 0) { // Before 1970.
        rest += second;
        --seconds;
    }
    const auto whole = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    char text[64];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    out.append(text, size);
    const auto milliseconds = rest / 1'000'000;
    out += '.';
    for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + milliseconds / unit % 10);
    out += 'Z';
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    shared::append_json_text(out, text);
    out += '"';
}

void append_json(std::string& out, const cmw_log_record& record) {
    out += R"({"time":")";
    append_time(out, record.time_ns);
    out += R"(","level":")";
    out += level_name(record.level);
    out += R"(","stream":)";
    append_json_string(out, {record.stream.data, record.stream.size});
    out += R"(,"sequence":)";
    out += std::to_string(record.sequence);
    out += R"(,"text":)";
    append_json_string(out, {record.text.data, record.text.size});
    out += "}\n";
}

void append_text(std::string& out, const cmw_log_record& record) {
    append_time(out, record.time_ns);
    out += ' ';
    out += level_name(record.level);
    out += ' ';
    out.append(record.text.data, record.text.size);
    out += '\n';
}

void append_harmless(std::string& out, std::string_view text) {
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        const bool steers = (byte < 0x20 && character != '\t' && character != '\n') || byte == 0x7F;
        if (steers)
            out.append("\\x").append({hex_digits[byte >> 4], hex_digits[byte & 15]});
        else
            out += character;
    }
}

} // namespace cmw::record_text
