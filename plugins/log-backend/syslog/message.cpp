// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include "facilities.hpp"
#include "shared/record_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace cmw::syslog {

namespace {

/// What is left for text however long a header is: a message then is longer than it should be.
constexpr std::size_t least_text = 64;

bool is_control(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte < 0x20 || byte == 0x7F;
}

/// A field of a header: PRINTUSASCII, at most `longest`, never empty.
std::string field(std::string_view text, std::size_t longest, std::string_view not_allowed = "") {
    std::string made(text.substr(0, longest));
    for (auto& character : made)
        if (character <= ' ' || character > '~' || not_allowed.find(character) != not_allowed.npos)
            character = '_';
    return made.empty() ? "-" : made;
}

/// "Jan  2 03:04:05" in local time: RFC 3164, 4.1.2.
std::string old_time(std::int64_t time_ns) {
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr std::int64_t second = 1'000'000'000;
    const auto whole = static_cast<std::time_t>(time_ns / second - (time_ns % second < 0 ? 1 : 0));
    std::tm parts{};
    ::localtime_r(&whole, &parts);
    std::array<char, 64> text{};
    const auto size = std::snprintf(text.data(), text.size(), "%s %2d %02d:%02d:%02d",
                                    months.at(static_cast<std::size_t>(parts.tm_mon)),
                                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

/// PARAM-VALUE of RFC 5424, 6.3.3.
void append_value(std::string& out, std::string_view text) {
    for (const char character : text) {
        if (character == '"' || character == '\\' || character == ']') out += '\\';
        out += character;
    }
}

std::string header(const cmw_log_record& record, const MessageRules& rules) {
    const std::string_view stream(record.stream.data, record.stream.size);
    auto text = "<" + std::to_string(rules.facility * 8 + severity(record.level)) + ">";
    if (rules.form != MessageRules::Form::rfc5424) {
        text += old_time(record.time_ns) + " ";
        if (rules.form == MessageRules::Form::rfc3164) text += field(rules.hostname, 255) + " ";
        return text + field(rules.app_name, 32, ":[]") + ": ";
    }
    text += "1 ";
    record_text::append_time(text, record.time_ns);
    text += " " + field(rules.hostname, 255) + " " + field(rules.app_name, 48) + " - - ";
    if (rules.structured_id.empty()) return text + "- ";
    text += "[" + rules.structured_id + " stream=\"";
    append_value(text, stream);
    return text + "\" sequence=\"" + std::to_string(record.sequence) + "\"] ";
}

/// "#012", as receivers write it.
std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    for (const char character : text) {
        if (!is_control(character)) {
            out += character;
            continue;
        }
        const auto byte = static_cast<unsigned>(static_cast<unsigned char>(character));
        for (const char digit :
             {'#', static_cast<char>('0' + byte / 64), static_cast<char>('0' + byte / 8 % 8),
              static_cast<char>('0' + byte % 8)})
            out += digit;
    }
    return out;
}

/// Where to cut a text after at most `most` bytes, so that no character or escape is cut.
std::size_t cut(std::string_view text, std::size_t most, bool with_escapes) {
    if (text.size() <= most) return text.size();
    auto end = most;
    for (int back = 0; back < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80; ++back)
        --end;
    if ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end = most; // No UTF-8.
    if (with_escapes)
        if (const auto hash = text.substr(0, end).rfind('#');
            hash != text.npos && hash > 0 && end - hash < 4)
            end = hash;
    return end;
}

void append_framed(Messages& out, const std::string& head, std::string_view text,
                   MessageRules::Framing framing) {
    if (framing == MessageRules::Framing::octet_counting)
        out.bytes += std::to_string(head.size() + text.size()) + " ";
    out.bytes.append(head).append(text);
    if (framing == MessageRules::Framing::line_feed) out.bytes += '\n';
    if (framing == MessageRules::Framing::nul) out.bytes += '\0';
    out.ends.push_back(out.bytes.size());
}

} // namespace

unsigned severity(std::uint32_t level) {
    static constexpr std::array<unsigned, 6> of_level{7, 7, 6, 4, 3, 2};
    return level < of_level.size() ? of_level.at(level) : of_level[CMW_LEVEL_INFO];
}

unsigned facility_number(std::string_view name) {
    const auto* const end = facilities.data() + facilities.size() - 1; // It ends with nullptr.
    const auto* const found = std::find(facilities.data(), end, name);
    return static_cast<unsigned>(found - facilities.data());
}

bool is_structured_id(std::string_view id) {
    const auto at = id.find('@');
    if (at == id.npos || at == 0 || at + 1 == id.size() || id.size() > 32) return false;
    const auto name_fits = [](char c) {
        return c > ' ' && c <= '~' && c != '=' && c != ']' && c != '"';
    };
    const auto number_fits = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    return std::ranges::all_of(id.substr(0, at), name_fits) &&
           std::ranges::all_of(id.substr(at + 1), number_fits);
}

std::size_t header_size(const MessageRules& rules) {
    const std::string stream(64, 'x');
    const cmw_log_record largest{0, ~std::uint64_t{0}, {stream.data(), stream.size()}, {"", 0}, 0,
                                 0};
    return header(largest, rules).size();
}

void append(Messages& out, const cmw_log_record& record, const MessageRules& rules) {
    const auto head = header(record, rules);
    const auto room =
        std::max(least_text, rules.max_size > head.size() ? rules.max_size - head.size() : 0);
    std::string_view text(record.text.data, record.text.size);
    std::string made;
    if (rules.escape && std::ranges::any_of(text, is_control)) {
        made = escaped(text);
        text = made;
    }
    do {
        const auto size = cut(text, room, !made.empty());
        append_framed(out, head, text.substr(0, size), rules.framing);
        text.remove_prefix(size);
    } while (!text.empty());
}

} // namespace cmw::syslog
