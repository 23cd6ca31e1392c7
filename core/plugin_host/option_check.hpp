// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/option_check.hpp - whether declared options make sense, so that the configuration can
// rely on them.
#pragma once

#include "config/options.hpp"

#include <span>
#include <string>
#include <string_view>

namespace cmw::plugin_host {

/// What is wrong with one option, as "its ... is ..."; "" if nothing: its name, that its limits and
/// fallback are of its type, and that the fallback lies within them.
std::string option_fault(const config::OptionSpec& option);

/// What is wrong with them together: a name twice, a name that is a table's as well ("tls",
/// "tls.ca"), or one that the host itself reads there. "" if nothing.
std::string options_fault(std::span<const config::OptionSpec> options,
                          std::span<const std::string_view> reserved);

/// [a-z0-9-]+, 64 bytes at most.
bool is_plugin_name(std::string_view name);

} // namespace cmw::plugin_host
