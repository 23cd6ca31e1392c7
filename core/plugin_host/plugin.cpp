// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/plugin.hpp"

#include <array>

namespace cmw::plugin_host {

std::string_view name(cmw_status status) {
    constexpr std::array<std::string_view, 9> names{"ok",        "again",       "cancelled",
                                                    "not found", "denied",      "config",
                                                    "invalid",   "unsupported", "failed"};
    const auto index = static_cast<std::size_t>(status);
    return status >= 0 && index < names.size() ? names[index] : names[CMW_FAILED];
}

std::string_view name(InstanceStatus::State state) {
    constexpr std::array<std::string_view, 4> names{"ok", "reinitialising", "stuck", "failed"};
    return names[static_cast<std::size_t>(state)];
}

Plugin absent_plugin(std::string_view kind, std::string_view name, const base::Problem& why) {
    Plugin plugin;
    plugin.schema.kind = kind;
    plugin.schema.name = name;
    plugin.refusal = base::to_string(why);
    return plugin;
}

} // namespace cmw::plugin_host
