// SPDX-License-Identifier: Apache-2.0
#include "app/configuration.hpp"

#include "app/plugin_path.hpp"
#include "plugin_host/session.hpp"

namespace cmw::app {

namespace {

/// What the plugins themselves say of their options.
config::PluginCheck check_with(plugin_host::Catalog& catalog) {
    return [&catalog](const config::InstanceSettings& instance,
                      const config::UseSettings* use) -> std::optional<base::Problem> {
        const auto plugin = catalog.find(instance.kind, instance.plugin, instance.sha256);
        if (!plugin) return plugin.error();
        const auto fine = plugin_host::validate(**plugin, instance.options,
                                                use == nullptr ? nullptr : &use->options);
        if (fine) return std::nullopt;
        return base::Problem{{}, fine.error().text, {}}; // Whose it is the reader knows.
    };
}

} // namespace

config::SchemaLookup schemas_of(plugin_host::Catalog& catalog) {
    return [&catalog](const std::string& kind, const std::string& plugin,
                      const std::optional<base::Digest>& sha256)
               -> base::Result<const config::PluginSchema*> {
        return catalog.find(kind, plugin, sha256).map([](const plugin_host::Plugin* found) {
            return &found->schema;
        });
    };
}

tl::expected<Files, base::Problems> read_files(const Arguments& arguments) {
    Files files;
    files.path = config::configuration_path(arguments.value("config"));
    auto document = config::read_document(files.path);
    if (!document) return tl::unexpected(document.error());
    files.document = std::move(*document);
    files.host = config::read_host(*files.document);
    if (files.host.plugin_path.empty()) files.host.plugin_path = default_plugin_path();
    return files;
}

tl::expected<Configuration, base::Problems> read_configuration(const Arguments& arguments) {
    auto files = read_files(arguments);
    if (!files) return tl::unexpected(files.error());
    Configuration configuration{std::move(*files), nullptr, {}};
    configuration.catalog =
        std::make_unique<plugin_host::Catalog>(configuration.files.host.plugin_path);
    configuration.loaded =
        config::read_settings(*configuration.files.document, schemas_of(*configuration.catalog),
                              check_with(*configuration.catalog));
    return configuration;
}

std::string control_socket(const config::HostSettings& host) {
    return host.runtime_dir + "/control.sock";
}

} // namespace cmw::app
