// SPDX-License-Identifier: Apache-2.0
#include "base/time_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace cmw::base {

namespace {

constexpr char date_time_border = '\x01'; ///< RFC 3339: T, t, and the blank that people write.
constexpr std::int64_t most_nanoseconds = 9'223'372'035'999'999'999;
constexpr std::int64_t most_seconds = 9'223'372'036; // What fits into nanoseconds: the year 2262.

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::size_t digits_at(std::string_view text) {
    return std::min(
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin()),
        text.size());
}

/// Takes `least` to `most` digits off the start of `text`.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& number) {
    const auto size = std::min(digits_at(text.substr(0, most)), most);
    if (size < least) return false;
    std::from_chars(text.data(), text.data() + size, number);
    text.remove_prefix(size);
    return true;
}

/// ".123", of any number of digits, as nanoseconds; nothing is taken if there is none.
std::int64_t take_fraction(std::string_view& text) {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text[1])) return 0;
    const auto size = digits_at(text.substr(1));
    std::int64_t fraction = 0;
    for (std::size_t i = 0; i < 9; ++i)
        fraction = fraction * 10 + (i < size ? text[1 + i] - '0' : 0);
    text.remove_prefix(1 + size);
    return fraction;
}

bool take_zone(std::string_view& text, std::int64_t& offset) {
    if (text.starts_with('Z') || text.starts_with('z')) {
        text.remove_prefix(1);
        return true;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!take_number(text, 2, 2, hours)) return false;
    if (text.starts_with(':')) text.remove_prefix(1);
    if (!take_number(text, 2, 2, minutes) || hours > 23 || minutes > 59) return false;
    offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool take_month(std::string_view& text, int& month) {
    static constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const auto at = text.size() < 3 ? std::string_view::npos : names.find(text.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return false;
    month = static_cast<int>(at / 3) + 1;
    text.remove_prefix(3);
    return true;
}

/// 10, 13, 16 or 19 digits, and after 10 of them a fraction.
std::optional<UnixTime> read_epoch(std::string_view text) {
    const auto size = digits_at(text);
    if (size < 10 || size > 19 || (size - 10) % 3 != 0) return std::nullopt;
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + size, value).ec != std::errc{})
        return std::nullopt;
    for (auto i = size; i < 19; ++i) {
        if (value > most_nanoseconds / 10) return std::nullopt;
        value *= 10;
    }
    if (value > most_nanoseconds) return std::nullopt;
    text.remove_prefix(size);
    const auto fraction = size == 10 ? take_fraction(text) : 0;
    if (!text.empty() && is_word(text.front())) return std::nullopt;
    return UnixTime(Nanoseconds(value + fraction));
}

} // namespace

struct TimeFormat::Parts {
    int year = -1, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    std::int64_t fraction = 0;
    std::optional<std::int64_t> zone, epoch;
};

Result<TimeFormat> TimeFormat::parse(const std::string& format) {
    TimeFormat made;
    if (format == "epoch") return made;
    made.pattern_ = format == "rfc3339"     ? "%Y-%m-%d\x01%T%f%z"
                    : format == "cmix"      ? "%Y/%m/%d %T%f"
                    : format == "substrate" ? "%Y-%m-%d %T%f"
                                            : format;
    bool has_day = false;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') continue;
        const char directive = ++i < format.size() ? format[i] : '\0';
        if (directive == '\0' ||
            std::string_view("YmdebHMSTfzs%").find(directive) == std::string_view::npos)
            return fail("",
                        "cannot use \"" + format +
                            "\" as a format of times: it has a directive that is not known",
                        "write %Y %m %d %e %b %H %M %S %T %f %z %s or %%");
        has_day = has_day || directive == 'd' || directive == 'e' || directive == 's';
    }
    if (made.pattern_ == format && !has_day)
        return fail(
            "", "cannot use \"" + format + "\" as a format of times: it has no day",
            R"(write "rfc3339", "epoch", "cmix", "substrate" or a format such as "%Y-%m-%d %T%f")");
    return made;
}

std::optional<UnixTime> TimeFormat::find(std::string_view line, UnixTime now) {
    const auto last = std::min(line.size(), reach);
    // All formats but those that begin with a directive for a name begin with a digit or their own
    // character: most places are passed over by one look.
    const bool by_digit = pattern_.empty() || (pattern_[0] == '%' && pattern_[1] != 'b' &&
                                               pattern_[1] != 'e' && pattern_[1] != '%');
    for (std::size_t at = 0; at < last; ++at) {
        if (by_digit && !is_digit(line[at])) continue;
        if (at > 0 && is_word(line[at - 1]) && is_word(line[at])) continue;
        if (const auto time = read_at(line.substr(at), now)) return time;
    }
    return std::nullopt;
}

std::optional<UnixTime> TimeFormat::read_at(std::string_view text, UnixTime now) {
    if (pattern_.empty()) return read_epoch(text);
    Parts parts;
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
        const char c = pattern_[i];
        if (c == '%') {
            if (!read_directive(pattern_[++i], text, parts)) return std::nullopt;
        } else if (c == ' ') {
            if (!text.starts_with(' ')) return std::nullopt;
            text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        } else {
            if (text.empty()) return std::nullopt;
            const std::string_view good = c == date_time_border ? "Tt " : std::string_view(&c, 1);
            if (good.find(text.front()) == std::string_view::npos) return std::nullopt;
            text.remove_prefix(1);
        }
    }
    return time_of(parts, now);
}

bool TimeFormat::read_directive(char directive, std::string_view& text, Parts& parts) const {
    switch (directive) {
    case 'Y':
        return take_number(text, 4, 4, parts.year);
    case 'm':
        return take_number(text, 2, 2, parts.month);
    case 'd':
        return take_number(text, 2, 2, parts.day);
    case 'e':
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        return take_number(text, 1, 2, parts.day);
    case 'b':
        return take_month(text, parts.month);
    case 'H':
        return take_number(text, 2, 2, parts.hour);
    case 'M':
        return take_number(text, 2, 2, parts.minute);
    case 'S':
        return take_number(text, 2, 2, parts.second);
    case 'T':
        for (auto* part : {&parts.hour, &parts.minute, &parts.second}) {
            if (part != &parts.hour) {
                if (!text.starts_with(':')) return false;
                text.remove_prefix(1);
            }
            if (!take_number(text, 2, 2, *part)) return false;
        }
        return true;
    case 'f':
        parts.fraction = take_fraction(text);
        return true;
    case 'z':
        return take_zone(text, parts.zone.emplace());
    case 's': {
        const auto size = std::min<std::size_t>(digits_at(text), 11);
        std::from_chars(text.data(), text.data() + size, parts.epoch.emplace());
        text.remove_prefix(size);
        return size > 0;
    }
    default:
        if (!text.starts_with('%')) return false;
        text.remove_prefix(1);
        return true;
    }
}

std::optional<UnixTime> TimeFormat::time_of(const Parts& parts, UnixTime now) {
    const auto in_year = [&](int year) -> std::optional<UnixTime> {
        using namespace std::chrono;
        const year_month_day date(std::chrono::year(year),
                                  std::chrono::month(static_cast<unsigned>(parts.month)),
                                  std::chrono::day(static_cast<unsigned>(parts.day)));
        // 60: a leap second.
        if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60)
            return std::nullopt;
        std::int64_t at = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                          parts.hour * 3600 + parts.minute * 60 + std::min(parts.second, 59);
        if (parts.zone)
            at -= *parts.zone;
        else if (const auto known = local_seconds(at))
            at = *known;
        else
            return std::nullopt;
        if (at < 0 || at >= most_seconds) return std::nullopt;
        return UnixTime(std::chrono::seconds(at) + Nanoseconds(parts.fraction));
    };
    if (parts.epoch) {
        if (*parts.epoch >= most_seconds) return std::nullopt;
        return UnixTime(std::chrono::seconds(*parts.epoch) + Nanoseconds(parts.fraction));
    }
    if (parts.year >= 0) return in_year(parts.year);
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const auto this_year = in_year(static_cast<int>(today.year()));
    if (this_year && *this_year <= now + std::chrono::days(1)) return this_year;
    return in_year(static_cast<int>(today.year()) - 1);
}

/// What a clock on the wall shows, in seconds since the epoch, as seconds since the epoch. The C
/// library looks for the zone's file at each call, so an hour's offset is remembered.
std::optional<std::int64_t> TimeFormat::local_seconds(std::int64_t seconds) {
    if (seconds < 0) return std::nullopt;
    if (seconds / 3600 != zone_hour_) {
        const auto hour = seconds / 3600 * 3600;
        const std::time_t as_utc = hour;
        std::tm wall{};
        ::gmtime_r(&as_utc, &wall);
        wall.tm_isdst = -1; // Of an hour that comes twice in autumn the library chooses one.
        const auto utc = ::mktime(&wall);
        zone_hour_ = seconds / 3600;
        zone_offset_ = hour - utc;
    }
    return seconds - zone_offset_;
}

} // namespace cmw::base
