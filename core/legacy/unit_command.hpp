// SPDX-License-Identifier: Apache-2.0
//
// legacy/unit_command.hpp - the text of ExecStart= or Environment= as systemd makes words of it:
// quotes, escapes, specifiers, variables. Pure. Source: systemd.syntax(7), "Quoting";
// systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers".
#pragma once

#include "base/problem.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::legacy {

/// Quotes and escapes taken away. A problem is a quote that is not closed, or an escape that
/// systemd does not know.
base::Result<std::vector<std::string>> split_words(std::string_view text);

/// "%%" is one percent sign; any other specifier stands for what only systemd knows: a problem.
base::Result<std::string> expand_specifiers(std::string_view word);

using Environment = std::map<std::string, std::string>;

/// "${NAME}" within a word, "$NAME" as a whole word, of which none or several may come; "$$" is one
/// dollar sign. A variable that is not in `environment` becomes "${NAME}".
std::vector<std::string> expand_variables(const std::vector<std::string>& words,
                                          const Environment& environment);

/// What a shell is given with -c, as words; what is behind a redirection or a second command is cut
/// off, and is in `cut`.
base::Result<std::vector<std::string>> split_shell(std::string_view text, std::string& cut);

} // namespace cmw::legacy
