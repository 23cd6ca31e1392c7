// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/catalog.hpp - finds plugins by kind and name in the folders of the plugin path.
//
// A library KIND-NAME.so is tried first, so that a host loads what it uses and nothing else; any
// other name is found too, by looking into the remaining libraries. Nothing is loaded before
// trust.hpp has passed it, and nothing is ever unloaded. Belongs to one thread.
#pragma once

#include "base/problem.hpp"
#include "base/digest.hpp"
#include "plugin_host/plugin.hpp"

#include <map>
#include <memory>
#include <optional>

namespace cmw::plugin_host {

class Catalog {
  public:
    explicit Catalog(std::vector<std::string> folders);
    ~Catalog();

    /// The plugin, loaded; it lives as long as the process. The problem names the file and the
    /// reason, or the nearest name that exists. `sha256`: what the file must hash to.
    base::Result<const Plugin*> find(std::string_view kind, std::string_view plugin,
                                     const std::optional<base::Digest>& sha256 = std::nullopt);

    /// A library of the plugin path: what it holds, or why it was refused.
    struct Entry {
        std::string file;
        std::vector<const Plugin*> plugins;
        std::optional<base::Problem> problem;
    };
    /// Every library, loaded: for `plugins list`, sorted by file.
    std::vector<Entry> all();

  private:
    struct Library;
    const Library& load(const std::string& file, const std::optional<base::Digest>& sha256);

    std::vector<std::string> folders_;
    std::map<std::string, std::unique_ptr<Library>> libraries_; ///< By file.
};

} // namespace cmw::plugin_host
