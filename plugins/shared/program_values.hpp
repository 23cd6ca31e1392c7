// SPDX-License-Identifier: Apache-2.0
//
// shared/program_values.hpp - what the options say that runners have in the same words
// (program_options.hpp). Pure; each throws Error(CMW_CONFIG) that names the option and what it takes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cmw::shared {

/// "io-class": a class and a level as ioprio_set(2) and systemd number them. "": nothing.
struct IoPriority {
    int kind = 0;  ///< 1 realtime, 2 best-effort, 3 idle.
    int level = 0; ///< 0 (first) to 7.
    bool operator==(const IoPriority&) const = default;
};
std::optional<IoPriority> parse_io_class(const std::string& text);

/// "umask", octal. "": nothing.
std::optional<std::uint32_t> parse_umask(const std::string& text);

/// "capabilities": a bit for each, by its number in linux/capability.h; "CAP_KILL" is "kill".
std::uint64_t parse_capabilities(const std::vector<std::string>& names);

/// "limits": what setrlimit(2) has, by its names in lower case.
inline constexpr std::uint64_t no_limit = UINT64_MAX;
struct ProgramLimit {
    std::string name;
    std::uint64_t value = no_limit; ///< In the resource's own unit.
    bool operator==(const ProgramLimit&) const = default;
};
/// With "core-dumps", the limit "core": "off", "unlimited", or a size as "64MiB"; "": nothing.
std::vector<ProgramLimit> parse_limits(const std::map<std::string, std::string>& limits,
                                       const std::string& core_dumps);

} // namespace cmw::shared
