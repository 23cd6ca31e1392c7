// SPDX-License-Identifier: Apache-2.0
//
// legacy/flags.hpp - the command line of the wrapper that this program replaces: its flags, what each
// becomes, and a reader that takes what Python's argparse took. What that one ignored, because
// nobody knew it, is a problem here. Pure.
#pragma once

#include "base/problem.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::legacy {

enum class FlagKind {
    path,   ///< Of a file or folder.
    text,   ///< Any other value.
    secret, ///< Must not stand in a configuration.
    toggle, ///< Without a value.
};

struct Flag {
    std::string_view name; ///< "--binary-path"
    FlagKind kind = FlagKind::text;
    std::string_view fallback; ///< What it was if it was not given; "": nothing.
    bool required = false;
    std::string_view becomes; ///< For docs/migration.md: the setting, or why there is none.
};

/// All of them, in the order of the old wrapper's help.
std::span<const Flag> flags();

/// A command line, read.
class Flags {
  public:
    bool given(std::string_view flag) const { return given_.contains(flag); }
    bool on(std::string_view toggle) const { return given(toggle); }
    /// What was given last, else the flag's default.
    std::string value(std::string_view flag) const;
    void set(const Flag& flag, std::string value) {
        given_.insert_or_assign(std::string(flag.name), std::move(value));
    }

  private:
    std::map<std::string, std::string, std::less<>> given_;
};

/// "{{ KEY }}": a published unit file that nobody filled in yet.
bool is_placeholder(std::string_view value);

/// The NAME of "${NAME}", a variable whose value the unit file does not hold; "" if it is none.
std::string variable_of(std::string_view value);

/// `words` without the program. As argparse: "--flag value", "--flag=value", any beginning of a name
/// that fits one flag alone; of several the last counts. All problems at once; `where` is the flag.
/// No problem holds a value.
tl::expected<Flags, base::Problems> parse_flags(const std::vector<std::string>& words);

/// The flags of a whole command: without the program, and without an interpreter before it.
std::vector<std::string> without_program(const std::vector<std::string>& command);

} // namespace cmw::legacy
