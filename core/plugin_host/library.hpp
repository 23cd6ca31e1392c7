// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/library.hpp - loads plugin libraries, each once, for the rest of the process's life.
//
// Code of a library may be running, or be pointed to, until the end: so none is ever unloaded, and
// a file that was replaced since is not loaded beside its old self, but refused. [any thread]
#pragma once

#include "base/digest.hpp"
#include "base/problem.hpp"
#include "plugin_host/plugin.hpp"

#include <optional>

namespace cmw::plugin_host {

/// A loaded library.
struct Library {
    std::string file; ///< Absolute, without symbolic links.
    std::vector<Plugin> plugins;
    /// Why there are none of them, or why one was left out.
    std::optional<base::Problem> problem;
};

/// Loads the file if it may be trusted (see trust.hpp) and reads its descriptor. The problem: it
/// may not be, or is not a library of plugins. The library lives as long as the process.
base::Result<const Library*> load_library(const std::string& file,
                                          const std::optional<base::Digest>& digest);

} // namespace cmw::plugin_host
