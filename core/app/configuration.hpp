// SPDX-License-Identifier: Apache-2.0
//
// app/configuration.hpp - the configuration that a command is about: -c FILE, else the environment,
// else the usual place; with the plugins that it names.
#pragma once

#include "app/command_line.hpp"
#include "config/loader.hpp"
#include "plugin_host/catalog.hpp"

namespace cmw::app {

/// The merged files, and [host] of them.
struct Files {
    std::string path;
    std::shared_ptr<const config::Document> document;
    config::HostSettings host; ///< plugin_path is never empty.
};
tl::expected<Files, base::Problems> read_files(const Arguments& arguments);

/// Checked against the plugins, which are loaded for it.
struct Configuration {
    Files files;
    std::unique_ptr<plugin_host::Catalog> catalog;
    config::Loaded loaded;
};
/// The problem is that there are no files to read; all others are in `loaded`.
tl::expected<Configuration, base::Problems> read_configuration(const Arguments& arguments);

/// How configuration finds the schema of a plugin in `catalog`, which must outlive it.
config::SchemaLookup schemas_of(plugin_host::Catalog& catalog);

/// <runtime-dir>/control.sock
std::string control_socket(const config::HostSettings& host);

} // namespace cmw::app
