// SPDX-License-Identifier: Apache-2.0
//
// config/options.hpp - options as a plugin declares them, and the values that a configuration gives
// them. The host's own image of cmw_option and cmw_value: owned, checked, with positions.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cmw::config {

/// Where a value stands: "wrapper.toml:12:5" in messages. Line and column count from 1; 0: not in
/// a file (a default).
struct Position {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    std::string to_string() const;
    bool operator==(const Position&) const = default;
};

/// What an option may hold; the numbers are those of CMW_TYPE_* in cmw/abi/plugin.h.
enum class OptionType : std::uint32_t {
    boolean = 1,
    integer,
    number,
    string,
    list,
    map,
    duration,
    size,
    path,
    secret
};
std::string_view name(OptionType type);

/// One declared option. Texts of limits are as in TOML: "30s", "64KiB", "5".
struct OptionSpec {
    std::string name; ///< "tls.ca": dots go into sub-tables.
    OptionType type = OptionType::string;
    bool required = false;
    bool deprecated = false;
    std::optional<std::string> fallback;
    std::optional<std::string> minimum;
    std::optional<std::string> maximum;
    std::vector<std::string> choices; ///< The only strings allowed; empty: any.
    std::string help;
};

using OptionList = std::vector<std::string>;
using OptionMap = std::vector<std::pair<std::string, std::string>>;

/// One value. Booleans, integers, durations (ns) and sizes (bytes) are int64_t; strings, paths and
/// secrets are std::string; monostate: not set and no fallback.
struct OptionValue {
    OptionType type = OptionType::string;
    std::variant<std::monostate, std::int64_t, double, std::string, OptionList, OptionMap> value;
    bool secret = false; ///< Came from { env } or { file }, or is of type secret: never shown.
    Position position;
};

/// values[i] is that of specs[i].
using OptionValues = std::vector<OptionValue>;

/// What configuration needs to know of a plugin: filled in by plugin_host.
struct PluginSchema {
    std::string kind; ///< "log-backend"
    std::string name; ///< "file"
    std::vector<OptionSpec> options;
    std::vector<OptionSpec> use_options;
};

} // namespace cmw::config
