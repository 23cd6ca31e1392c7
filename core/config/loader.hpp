// SPDX-License-Identifier: Apache-2.0
//
// config/loader.hpp - from TOML files to Settings, with every problem found on the way.
//
// In two steps, because the plugins' declarations are needed for the second: the first reads the
// files and where plugins are, the second checks all of it. Blocking; no side effects.
#pragma once

#include "base/problem.hpp"
#include "config/settings.hpp"

#include <functional>
#include <memory>

namespace cmw::config {

/// The merged files, with positions. Opaque; see document.hpp.
class Document;

/// The file given, else $CMIX_WRAPPER_CONFIG, else /etc/cmix-wrapper/wrapper.toml.
std::string configuration_path(const std::string& given);

/// Reads FILE and then, in name order, FILE.d/*.toml (wrapper.toml -> wrapper.toml.d). A later file
/// adds tables and replaces single keys. A problem is a file that cannot be read or is not TOML.
tl::expected<std::shared_ptr<const Document>, base::Problems>
read_document(const std::string& path);

/// The same of one text, for tests and fuzzing; `name` stands for the file in positions.
tl::expected<std::shared_ptr<const Document>, base::Problems>
parse_document(std::string_view text, const std::string& name);

/// [host] alone. Problems in it are reported by read_settings; what is wrong has its default here.
HostSettings read_host(const Document& document);

/// What the configuration needs to know of the plugin of an instance: its schema, or why it cannot
/// be loaded. `sha256` is the digest that the table demands of the .so.
using SchemaLookup = std::function<base::Result<const PluginSchema*>(
    const std::string& kind, const std::string& plugin, const std::optional<base::Digest>& sha256)>;

/// What a plugin itself says of options that are each fine (its validate()); empty: fine.
using PluginCheck = std::function<std::optional<base::Problem>(const InstanceSettings& instance,
                                                               const UseSettings* use)>;

struct Loaded {
    Settings settings;       ///< To be used only if there are no problems.
    base::Problems problems; ///< All of them, each with file:line:column and a fix, in file order.
    std::size_t unavailable = 0; ///< Of them: plugins that cannot be loaded. If that is all, a host
                                 ///< can run without them; a node is not down for a log backend.
    base::Problems warnings;     ///< Deprecated options and the like.
};
Loaded read_settings(const Document& document, const SchemaLookup& lookup,
                     const PluginCheck& check);

/// The merged configuration as TOML, secrets shown as "********": `config show`.
std::string show(const Document& document, const SchemaLookup& lookup);

/// A commented template of every host setting: `config default`.
std::string default_configuration();

/// docs/configuration.md's reference part, from the same declarations.
std::string reference_markdown();

} // namespace cmw::config
