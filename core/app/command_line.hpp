// SPDX-License-Identifier: Apache-2.0
//
// app/command_line.hpp - the command line's grammar: commands declared in a table (commands.hpp),
// read by Boost.Program_options, with help and suggestions made from the same table. Pure.
#pragma once

#include "base/problem.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::app {

/// What the program ends with.
enum ExitStatus : int { done = 0, failed = 1, usage = 2, no_host = 3 };

/// What a command was given.
struct Arguments {
    std::map<std::string, std::string> options; ///< By long name; a flag has "".
    std::vector<std::string> words;             ///< All others, in order.

    bool has(const std::string& option) const { return options.contains(option); }
    std::string value(const std::string& option) const {
        const auto found = options.find(option);
        return found == options.end() ? "" : found->second;
    }
};

struct Option {
    std::string_view name;
    char letter = 0;           ///< 0: none.
    std::string_view argument; ///< "FILE"; "": a flag.
    std::string_view help;
};

struct Command {
    std::string_view name;
    std::string_view group; ///< Heading in the general help.
    std::string_view words; ///< As usage shows them: "SERVICE".
    std::size_t min_words = 0;
    std::size_t max_words = 0;
    std::string_view summary; ///< One line, no full stop.
    std::string_view text;    ///< Paragraphs for its own help.
    std::vector<Option> options;
    std::string_view examples; ///< Lines, each indented by two.
    int (*run)(const Arguments&) = nullptr;
    /// "--flags": what follows it is taken as words, options too. The command's own name: all is.
    std::string_view rest;
};

/// --config, --help and --version: every command has them.
std::span<const Option> common_options();

/// What was asked for: to run `command`, or a text about it (or about all, if there is none).
struct Invocation {
    enum class Kind { run, help, version };
    Kind kind = Kind::run;
    const Command* command = nullptr;
    Arguments arguments;
};

/// `words` without the program's name. The problem is one of usage.
base::Result<Invocation> parse(std::span<const Command> commands,
                               const std::vector<std::string>& words);

std::string general_help(std::span<const Command> commands);
std::string command_help(const Command& command);

} // namespace cmw::app
