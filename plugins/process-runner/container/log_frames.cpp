// SPDX-License-Identifier: Apache-2.0
#include "log_frames.hpp"

#include <algorithm>
#include <chrono>
#include <cmw/error.hpp>

namespace cmw::container {

namespace {

constexpr std::size_t header_size = 8;

enum Stream : unsigned char { input = 0, output = 1, error = 2, engine_error = 3 };

unsigned char byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(CMW_INVALID, "cannot read the container's log: " + why);
}

/// The length of the frame that begins here.
std::size_t length_of(std::string_view header) {
    if (byte_at(header, 0) > engine_error || header.substr(1, 3) != std::string_view("\0\0\0", 3))
        refuse("it is not in frames");
    std::size_t length = 0;
    for (std::size_t i = 4; i < header_size; ++i) length = length << 8 | byte_at(header, i);
    if (length > LogFrames::longest) refuse("a frame is longer than 1 MiB");
    return length;
}

LogEntry parse_entry(unsigned char stream, std::string_view text) {
    if (stream == engine_error)
        refuse("the engine says: " +
               std::string(text.substr(0, std::min<std::size_t>(text.find('\n'), 200))));
    const auto space = text.find(' ');
    const auto time = parse_time(text.substr(0, space));
    if (!time || space == text.npos) refuse("an entry has no time");
    return {stream == error, *time, text.substr(space + 1)};
}

/// Takes a number of so many digits off the beginning.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    int value = 0;
    if (text.size() < count) return std::nullopt;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take_char(std::string_view& text, char wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> take_fraction(std::string_view& text) {
    if (!take_char(text, '.')) return 0;
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
        if (digits++ < 9) value = value * 10 + (text.front() - '0');
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) value *= 10;
    return value;
}

/// In minutes.
std::optional<int> take_offset(std::string_view& text) {
    if (take_char(text, 'Z')) return 0;
    const int sign = text.starts_with('-') ? -1 : 1;
    if (!take_char(text, '-') && !take_char(text, '+')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || *hours > 23 || !take_char(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

} // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
    constexpr std::string_view between = "--T::";
    constexpr std::size_t digits[] = {4, 2, 2, 2, 2, 2};
    int parts[6]{};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto part = take_digits(text, digits[i]);
        if (!part || (i < 5 && !take_char(text, between[i]))) return std::nullopt;
        parts[i] = *part;
    }
    const auto fraction = take_fraction(text);
    const auto offset = take_offset(text);
    if (!fraction || !offset || !text.empty()) return std::nullopt;
    using namespace std::chrono;
    const year_month_day day{year(parts[0]), month(static_cast<unsigned>(parts[1])),
                             std::chrono::day(static_cast<unsigned>(parts[2]))};
    const bool fits = parts[0] >= 1970 && parts[0] < 2200; // What nanoseconds can hold.
    if (!fits || !day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
    const auto time = sys_days(day) + hours(parts[3]) + minutes(parts[4] - *offset) +
                      seconds(parts[5]) + nanoseconds(*fraction);
    return time.time_since_epoch().count();
}

void LogFrames::feed(std::span<const std::byte> bytes, const Take& take) {
    kept_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::string_view rest(kept_);
    while (rest.size() >= header_size) {
        const auto length = length_of(rest);
        if (rest.size() < header_size + length) break;
        take(parse_entry(byte_at(rest, 0), rest.substr(header_size, length)));
        rest.remove_prefix(header_size + length);
    }
    kept_.erase(0, kept_.size() - rest.size());
}

} // namespace cmw::container
