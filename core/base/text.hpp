// SPDX-License-Identifier: Apache-2.0
//
// base/text.hpp - small texts that people write and read: hexadecimal, durations, sizes, names.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::base {

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Bytes of hexadecimal of either case without prefix; nothing if it is not.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex);

/// "250ms", "30s", "1h30m": whole numbers with the units ns, us, ms, s, m, h, d, largest first.
/// Nothing if it is not one, is negative or over 292 years. "0" and "0s" are zero.
std::optional<Nanoseconds> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back: "1h30m".
std::string format_duration(Nanoseconds duration);

/// "64KiB", "1MiB", "2GiB", "512B", "0": bytes. kB, MB and GB are powers of 1000.
/// Nothing if it is not one or does not fit.
std::optional<std::int64_t> parse_size(std::string_view text);

/// For people, at most one decimal: "64 KiB", "1.5 MiB".
std::string format_size(std::uint64_t bytes);

/// The one of `known` that `word` was probably meant to be, by edit distance (Damerau, at most a
/// third of the word's length); "" if none is near.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// The length of the UTF-8 sequence (RFC 3629) at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text);

/// Whether all of `text` is UTF-8.
bool is_utf8(std::string_view text);

/// Replaces each "{name}" by what `value` gives for the name; nothing if a name is unknown (its
/// name is then in `unknown`) or a brace is not closed.
std::optional<std::string>
expand(std::string_view pattern,
       const std::vector<std::pair<std::string_view, std::string_view>>& values,
       std::string* unknown = nullptr);

} // namespace cmw::base
