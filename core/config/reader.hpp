// SPDX-License-Identifier: Apache-2.0
//
// config/reader.hpp - finds the declared keys in a table; the ones that nobody declared are
// problems, with the name that was probably meant.
#pragma once

#include "config/report.hpp"

#include <span>

namespace cmw::config {

/// Pointers, because a table's keys may come from several declarations (the host's, the plugin's).
using Specs = std::vector<const OptionSpec*>;

/// Entry i is that of specs[i], or nullptr. "tls.ca" is looked for in the sub-table "tls". A name
/// that is an option and has sub-keys too ("output", "output.stdout") may be written as either.
std::vector<const Entry*> find_keys(const Node& table, const Specs& specs, Report& report);

/// "did you mean 'path'?", or what there is to choose from.
std::string suggestion(std::string_view word, std::span<const std::string> known);

/// The tables [group.NAME] in file order. One whose name is not [a-z0-9][a-z0-9-]* is a problem,
/// but among them, so that what is wrong in it is found, too.
std::vector<const Entry*> named_tables(const Node& root, std::string_view group, Report& report);

} // namespace cmw::config
