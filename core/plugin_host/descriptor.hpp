// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/descriptor.hpp - reads what a library says of itself, with suspicion: every size,
// count, pointer and text is checked and then copied, so that nothing after this looks at it again.
#pragma once

#include "base/problem.hpp"
#include "plugin_host/plugin.hpp"

#include <optional>

namespace cmw::plugin_host {

inline constexpr std::size_t max_plugins = 64;  ///< In a library.
inline constexpr std::size_t max_options = 256; ///< Of a plugin, for the instance and for each use.

struct Contents {
    std::vector<Plugin> plugins;
    /// A plugin that this host does not know how to use (its kind, its version of the ABI) was left
    /// out; the others are fine.
    std::optional<base::Problem> problem;
};

/// Any other fault refuses the whole library: who writes one wrong may have written others so.
base::Result<Contents> read_library(const cmw_library& library, const std::string& file);

} // namespace cmw::plugin_host
