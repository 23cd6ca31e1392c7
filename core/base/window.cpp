// SPDX-License-Identifier: Apache-2.0
#include "base/window.hpp"

#include <array>
#include <charconv>

namespace cmw::base {

namespace {

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};
constexpr unsigned every_day = 0x7F;
constexpr int day_minutes = 24 * 60;

/// Takes the text before `end` off the front of `text`, and `end`; all of it if `end` is not there.
std::string_view take_until(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

/// The words of `text`.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty())
        if (const auto word = take_until(text, ' '); !word.empty()) words.push_back(word);
    return words;
}

std::optional<unsigned> parse_day(std::string_view text) {
    std::string lower;
    for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (unsigned day = 0; day < day_names.size(); ++day)
        if (day_names[day] == lower) return day;
    return std::nullopt;
}

/// "Mon", "Mon-Fri", "Fri-Mon", "Sat,Sun"
std::optional<unsigned> parse_days(std::string_view text) {
    unsigned days = 0;
    if (text.ends_with(',')) return std::nullopt;
    do {
        auto range = take_until(text, ',');
        const bool has_end = range.find('-') != std::string_view::npos;
        const auto first = parse_day(take_until(range, '-'));
        const auto last = has_end ? parse_day(range) : first;
        if (!first || !last) return std::nullopt;
        for (auto day = *first;; day = (day + 1) % 7) {
            days |= 1U << day;
            if (day == *last) break;
        }
    } while (!text.empty());
    return days;
}

/// "02:00" as minutes; 24:00 is the end of a day.
std::optional<int> parse_time(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto number = [text](std::size_t at) {
        int value = -1;
        const auto* end = text.data() + at + 2;
        const auto [stop, error] = std::from_chars(text.data() + at, end, value);
        return error == std::errc() && stop == end ? value : -1;
    };
    const int hours = number(0);
    const int minutes = number(3);
    const int all = hours * 60 + minutes;
    if (hours < 0 || minutes < 0 || minutes > 59 || all > day_minutes) return std::nullopt;
    return all;
}

} // namespace

std::optional<WeeklyWindow> parse_window(std::string_view text) {
    auto words = words_of(text);
    if (!words.empty() && words.back() == "UTC") words.pop_back();
    if (words.empty() || words.size() > 2) return std::nullopt;
    const auto days = words.size() == 2 ? parse_days(words.front()) : every_day;
    auto times = words.back();
    const auto from = parse_time(take_until(times, '-'));
    const auto until = parse_time(times);
    if (!days || !from || !until || *from == day_minutes || *from == *until) return std::nullopt;
    return WeeklyWindow{*days, *from, *until, std::string(text)};
}

std::optional<Opening> next_opening(std::span<const WeeklyWindow> windows, UnixTime now) {
    using std::chrono::days;
    const auto today = std::chrono::floor<days>(now);
    std::optional<Opening> best;
    for (const auto& window : windows) {
        const int length =
            window.until - window.from + (window.until > window.from ? 0 : day_minutes);
        // From yesterday, whose window may still be open, to this day of the next week.
        for (int offset = -1; offset <= 7; ++offset) {
            const auto day = today + days(offset);
            const auto weekday = std::chrono::weekday(day).iso_encoding() - 1;
            if ((window.days >> weekday & 1U) == 0) continue;
            const UnixTime from = day + std::chrono::minutes(window.from);
            const UnixTime until = from + std::chrono::minutes(length);
            if (until <= now) continue;
            const auto begin = [now](UnixTime time) { return std::max(time, now); };
            const bool better = !best || begin(from) < begin(best->from) ||
                                (begin(from) == begin(best->from) && until > best->until);
            if (better) best = Opening{from, until};
        }
    }
    return best;
}

} // namespace cmw::base
