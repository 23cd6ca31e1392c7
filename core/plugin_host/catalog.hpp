// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/catalog.hpp - finds plugins by kind and name in the folders of the plugin path.
//
// A library KIND-NAME.so is tried first, so that a host loads what it uses and nothing else; any
// other name is found too, by looking into the remaining libraries. Nothing is loaded before
// trust.hpp has passed it, and nothing is ever unloaded (library.hpp). [any thread]
#pragma once

#include "base/digest.hpp"
#include "base/problem.hpp"
#include "plugin_host/plugin.hpp"

#include <optional>

namespace cmw::plugin_host {

class Catalog {
  public:
    explicit Catalog(std::vector<std::string> folders);

    /// The plugin, loaded; it lives as long as the process. The problem names the file and the
    /// reason, or the nearest name that exists. `sha256`: what the file must hash to; then no file
    /// that does not is loaded.
    base::Result<const Plugin*>
    find(std::string_view kind, std::string_view plugin,
         const std::optional<base::Digest>& sha256 = std::nullopt) const;

    /// A library of the plugin path: what it holds, or why it was refused.
    struct Entry {
        std::string file;
        std::vector<const Plugin*> plugins;
        std::optional<base::Problem> problem; ///< Beside plugins: another of it was left out.
    };
    /// Every library, loaded: for `plugins list`, sorted by file.
    std::vector<Entry> all() const;

  private:
    std::vector<std::string> folders_;
};

} // namespace cmw::plugin_host
