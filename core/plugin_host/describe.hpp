// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/describe.hpp - plugins in words, for `plugins list` and `plugins show`, and as JSON
// for `--json`, which stays the same over versions.
#pragma once

#include "plugin_host/catalog.hpp"

#include <string>

namespace cmw::plugin_host {

/// A line for each plugin, and one for each library that was refused.
std::string describe_list(const std::vector<Catalog::Entry>& entries);

/// Everything about one plugin: where it comes from, then each option with its type, default,
/// limits, choices and help.
std::string describe(const Plugin& plugin);

/// {"plugins": [as describe_json], "problems": [{"file", "problem"}]}
std::string describe_list_json(const std::vector<Catalog::Entry>& entries);

/// {"kind", "name", "version", "summary", "license", "author", "homepage", "file",
///  "options": [{"name", "type", "required", "deprecated", "default", "minimum", "maximum",
///  "choices", "help"}], "use_options": [...]}; what is not set is null.
std::string describe_json(const Plugin& plugin);

} // namespace cmw::plugin_host
