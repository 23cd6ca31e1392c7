// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <limits>

namespace cmw::base {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::array<Unit, 7> time_units{{{"d", 86'400 * second_ns},
                                          {"h", 3'600 * second_ns},
                                          {"m", 60 * second_ns},
                                          {"s", second_ns},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};
constexpr std::array<Unit, 9> size_units{{{"B", 1},
                                          {"KiB", 1 << 10},
                                          {"MiB", 1 << 20},
                                          {"GiB", 1 << 30},
                                          {"TiB", std::int64_t{1} << 40},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000}}};

/// Takes a whole number off the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// Takes letters off the front of `text`.
std::string_view take_word(std::string_view& text) {
    const auto end = std::ranges::find_if_not(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    return word;
}

/// a * b + c, or nothing if that is more than an int64_t holds. All are >= 0.
std::optional<std::int64_t> multiply_add(std::int64_t a, std::int64_t b, std::int64_t c) {
    std::int64_t product = 0;
    std::int64_t sum = 0;
    if (__builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(product, c, &sum))
        return std::nullopt;
    return sum;
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Damerau's edit distance with adjacent transpositions (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

} // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes(hex.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = nibble(hex[2 * i]);
        const int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return bytes;
}

std::optional<Nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") return Nanoseconds::zero();
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    std::int64_t last_factor = std::numeric_limits<std::int64_t>::max();
    while (!text.empty()) {
        const auto number = take_number(text);
        const auto name = take_word(text);
        const auto* unit = std::ranges::find(time_units, name, &Unit::name);
        if (!number || unit == time_units.end() || unit->factor >= last_factor) return std::nullopt;
        const auto sum = multiply_add(*number, unit->factor, total);
        if (!sum) return std::nullopt;
        total = *sum;
        last_factor = unit->factor;
    }
    return Nanoseconds(total);
}

std::string format_duration(Nanoseconds duration) {
    if (duration == Nanoseconds::zero()) return "0s";
    std::string text;
    auto rest = duration.count();
    for (const auto& unit : time_units) {
        if (rest / unit.factor == 0) continue;
        text += fmt::format("{}{}", rest / unit.factor, unit.name);
        rest %= unit.factor;
    }
    return text;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    if (text == "0") return 0;
    const auto number = take_number(text);
    const auto* unit = std::ranges::find(size_units, text, &Unit::name);
    if (!number || unit == size_units.end()) return std::nullopt;
    return multiply_add(*number, unit->factor, 0);
}

std::string format_size(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    const bool whole = unit == 0 || value >= 100 ||
                       value == static_cast<double>(static_cast<std::uint64_t>(value));
    return whole ? fmt::format("{:.0f} {}", value, units[unit])
                 : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto& candidate : known) {
        const auto d = distance(word, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.empty()) return 0;
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

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::optional<std::string>
expand(std::string_view pattern,
       const std::vector<std::pair<std::string_view, std::string_view>>& values,
       std::string* unknown) {
    std::string text;
    while (true) {
        const auto open = pattern.find('{');
        text += pattern.substr(0, open);
        if (open == std::string_view::npos) return text;
        const auto close = pattern.find('}', open);
        const auto name = pattern.substr(open + 1, close - open - 1);
        const auto found =
            std::ranges::find(values, name, &std::pair<std::string_view, std::string_view>::first);
        if (close == std::string_view::npos || found == values.end()) {
            if (unknown != nullptr) *unknown = name;
            return std::nullopt;
        }
        text += found->second;
        pattern.remove_prefix(close + 1);
    }
}

} // namespace cmw::base
