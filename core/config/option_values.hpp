// SPDX-License-Identifier: Apache-2.0
//
// config/option_values.hpp - one value of a file, read as the option's declaration demands: type,
// unit, range, choices. The same for options of plugins and for the host's own keys.
#pragma once

#include "config/report.hpp"

namespace cmw::config {

/// The value of `spec` in `entry`; nullptr: it is not given, so this is its fallback, or a problem
/// at `table` if it is required. After a problem the value is the fallback, too.
OptionValue read_option(const OptionSpec& spec, const Entry* entry, const Position& table,
                        const Reading& reading);

/// A text or { env = ... } or { file = ... }; nothing after a problem. `secret` is set if the text
/// is one that must not be shown.
std::optional<std::string> read_text(const Node& node, const OptionSpec& spec, bool& secret,
                                     const Reading& reading);

} // namespace cmw::config
