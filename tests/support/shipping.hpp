// SPDX-License-Identifier: Apache-2.0
//
// support/shipping.hpp - a log pipeline with the real plugins, from the text of a configuration that
// has [log-backend.X] and [log.X] tables.
#pragma once

#include "logs/pipeline.hpp"

#include "config/loader.hpp"
#include "plugin_host/catalog.hpp"

#include <stdexcept>

namespace cmw::test {

class Shipping {
  public:
    using Log = std::function<void(std::uint32_t level, const std::string& line)>;

    /// Throws std::runtime_error with what is wrong.
    Shipping(const std::string& toml, const std::string& plugins, const std::string& state_dir,
             Log log = {})
        : catalog_({plugins}) {
        const auto document = config::parse_document(toml, "test.toml");
        if (!document) throw std::runtime_error(base::to_string(document.error().front()));
        auto loaded = config::read_settings(
            **document,
            [this](const auto& kind, const auto& name,
                   const auto& digest) -> base::Result<const config::PluginSchema*> {
                const auto found = catalog_.find(kind, name, digest);
                if (!found) return base::fail(found.error());
                return &(*found)->schema;
            },
            {});
        if (!loaded.problems.empty())
            throw std::runtime_error(base::to_string(loaded.problems.front()));
        std::vector<logs::Pipeline::Backend> backends;
        for (const auto& table : loaded.settings.instances) {
            const auto* plugin = catalog_.find(table.kind, table.plugin, table.sha256).value();
            backends.push_back(
                {table.name,
                 plugin_host::make_log_backend_factory(*plugin, table,
                                                       {"cmix-wrapper/test", state_dir, {}}),
                 table.deadline.value_or(std::chrono::seconds(60)), std::chrono::seconds(5)});
        }
        logs::Pipeline::Options options;
        options.state_dir = state_dir;
        options.log = std::move(log);
        pipeline_ = std::make_unique<logs::Pipeline>(std::move(options), loaded.settings.streams,
                                                     std::move(backends));
    }

    logs::Pipeline& pipeline() { return *pipeline_; }

  private:
    plugin_host::Catalog catalog_;
    std::unique_ptr<logs::Pipeline> pipeline_;
};

} // namespace cmw::test
