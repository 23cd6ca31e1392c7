// SPDX-License-Identifier: Apache-2.0
//
// logs/take_number.hpp - reads the lines that a cursor file is made of: "name=number name=number
// sum=checksum". Pure.
#pragma once

#include "logs/fingerprint.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace cmw::logs {

/// Takes "name=number" and a blank behind it off the start of `text`.
template <class Number>
bool take_number(std::string_view& text, std::string_view name, Number& number, int base = 10) {
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with('=')) return false;
    text.remove_prefix(name.size() + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    return true;
}

/// What the sum at the end of a line is of, if it is right.
inline std::optional<std::string_view> take_summed(std::string_view line) {
    const auto sum_at = line.find(" sum=");
    if (sum_at == std::string_view::npos) return std::nullopt;
    const auto summed = line.substr(0, sum_at);
    auto rest = line.substr(sum_at + 1);
    std::uint64_t sum = 0;
    if (!take_number(rest, "sum", sum, 16) || sum != checksum(summed)) return std::nullopt;
    return summed;
}

} // namespace cmw::logs
