// SPDX-License-Identifier: Apache-2.0
//
// app/plugins.cpp - cmix-wrapper plugins list and show.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/plugin_path.hpp"
#include "app/terminal.hpp"
#include "base/text.hpp"
#include "plugin_host/describe.hpp"

namespace cmw::app {

namespace {

using Entries = std::vector<plugin_host::Catalog::Entry>;

/// Of the configuration, if there is one where it should be; else beside the program.
tl::expected<std::vector<std::string>, base::Problems> plugin_path(const Arguments& arguments) {
    std::error_code error;
    const auto path = config::configuration_path(arguments.value("config"));
    if (!arguments.has("config") && !std::filesystem::exists(path, error))
        return default_plugin_path();
    return read_files(arguments).map([](const Files& files) { return files.host.plugin_path; });
}

/// Those called `wanted`, "NAME" or "KIND/NAME".
std::vector<const plugin_host::Plugin*> named(const Entries& entries, const std::string& wanted) {
    std::vector<const plugin_host::Plugin*> found;
    for (const auto& entry : entries)
        for (const auto* plugin : entry.plugins)
            if (plugin->schema.name == wanted ||
                plugin->schema.kind + "/" + plugin->schema.name == wanted)
                found.push_back(plugin);
    return found;
}

int not_found(const Entries& entries, const std::string& wanted) {
    std::vector<std::string> known;
    for (const auto& entry : entries)
        for (const auto* plugin : entry.plugins) known.push_back(plugin->schema.name);
    const auto near = base::nearest(wanted, known);
    return failure(base::Problem{"", "cannot find a plugin '" + wanted + "'",
                                 near.empty() ? "see 'cmix-wrapper plugins list'"
                                              : "did you mean '" + near + "'?"});
}

int show(const Entries& entries, const std::string& wanted, bool json) {
    const auto found = named(entries, wanted);
    if (found.empty()) return not_found(entries, wanted);
    if (json && found.size() > 1)
        return failure(base::Problem{"", "cannot tell which plugin '" + wanted + "' is meant",
                                     "give KIND/NAME"});
    std::string text;
    for (const auto* plugin : found)
        text += json ? plugin_host::describe_json(*plugin) + "\n"
                     : (text.empty() ? "" : "\n") + plugin_host::describe(*plugin);
    print(text);
    return ExitStatus::done;
}

} // namespace

int plugins(const Arguments& arguments) {
    const auto& words = arguments.words;
    const bool list = words == std::vector<std::string>{"list"};
    if (!list && !(words.front() == "show" && words.size() == 2))
        return misused({"", "cannot understand 'plugins " + words.front() + "'",
                        "use 'plugins list' or 'plugins show NAME'"});
    const auto folders = plugin_path(arguments);
    if (!folders) return misconfigured(folders.error());
    plugin_host::Catalog catalog(*folders);
    const auto entries = catalog.all();
    const bool json = arguments.has("json");
    if (!list) return show(entries, words[1], json);
    print(json ? plugin_host::describe_list_json(entries) + "\n"
               : plugin_host::describe_list(entries));
    return ExitStatus::done;
}

} // namespace cmw::app
