// SPDX-License-Identifier: Apache-2.0
//
// commands/command_set.hpp - what the network orders: one signed line of JSON.
//
//   {"timestamp": 1632000000.5, "commands": [
//     {"command": "stop", "target": "binary", "nodes": ["<id>"]},
//     {"command": "delay", "info": {"time": 5000}},
//     {"command": "start", "target": "binary"}]}
//
// The historic form, and three fields more that close its replay holes: "role" (for which command
// source it is), "expires" (seconds since 1970) and "sequence" (a whole number that grows). Pure.
#pragma once

#include "base/clock.hpp"
#include "base/problem.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace cmw::commands {

enum class Verb { start, stop, delay, update };
std::string_view name(Verb verb);

struct Command {
    Verb verb{};
    std::string
        target; ///< start, stop: "binary", "logger"; update: or "libpow", "fatbin", "wrapper", "cert".
    std::vector<std::string> nodes; ///< Ids that it is for; empty: all.
    base::Nanoseconds delay{};      ///< Of `delay`.
    std::string path;               ///< Of `update`: the object in the binary source ...
    std::string hash;               ///< ... and what it must hash to, 64 hexadecimal digits.

    bool operator==(const Command&) const = default;
};

struct CommandSet {
    double timestamp = 0; ///< Seconds since 1970: later sets come after it.
    std::optional<std::string> role;
    std::optional<double> expires; ///< Seconds since 1970.
    std::optional<std::int64_t> sequence;
    std::vector<Command> commands;

    bool operator==(const CommandSet&) const = default;
};

/// Reads the signed line. What it does not know it refuses, whole: a command that is half
/// understood must not be carried out. A Problem without `where`.
base::Result<CommandSet> parse_command_set(std::string_view line);

/// "stop binary", "delay 5s", "update libpow to 0123456789ab": for people.
std::string in_words(const Command& command);

} // namespace cmw::commands
