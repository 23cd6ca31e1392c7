// SPDX-License-Identifier: Apache-2.0
//
// config/option_text.hpp - the types of options in words, and as declarations write their values.
#pragma once

#include "config/options.hpp"

#include <string_view>

namespace cmw::config {

/// "an integer"
std::string with_article(OptionType type);

/// How a value of the type is written: the fix of a wrong one.
std::string_view how_to_write(OptionType type);

/// Whether values of the type are texts for the core: string, path, secret.
bool is_text(OptionType type);

/// An integer, number, duration or size of a text such as "5", "0.5", "30s", "64KiB"; nothing if it
/// is none, or for other types.
using Number = std::variant<std::int64_t, double>;
std::optional<Number> parse_scalar(OptionType type, std::string_view text);

} // namespace cmw::config
