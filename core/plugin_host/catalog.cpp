// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/catalog.hpp"

#include "base/system.hpp"
#include "base/text.hpp"
#include "plugin_host/library.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::plugin_host {

namespace {

using base::fail;

const Plugin* find_in(const Library& library, std::string_view kind, std::string_view name) {
    const auto found = std::ranges::find_if(library.plugins, [&](const Plugin& plugin) {
        return plugin.schema.kind == kind && plugin.schema.name == name;
    });
    return found == library.plugins.end() ? nullptr : &*found;
}

/// Every library of the folders, in their order, then by name.
std::vector<std::string> files_of(const std::vector<std::string>& folders) {
    std::vector<std::string> files;
    for (const auto& folder : folders) {
        const auto names = base::sys::list(folder);
        if (!names) continue; // Not there: find() says what it looked for and where.
        for (const auto& name : *names)
            if (name.ends_with(".so")) files.push_back(folder + "/" + name);
    }
    return files;
}

/// What find() saw on its way, to explain why it found nothing.
struct Seen {
    std::vector<std::string> names; ///< Of the kind.
    std::optional<base::Problem> refused;

    void add(const Library& library, std::string_view kind) {
        for (const auto& plugin : library.plugins)
            if (plugin.schema.kind == kind) names.push_back(plugin.schema.name);
        if (library.problem && !refused) refused = library.problem;
    }
};

base::Problem not_found(std::string_view kind, std::string_view plugin,
                        const std::vector<std::string>& folders, const Seen& seen) {
    base::Problem problem;
    problem.what = fmt::format("cannot find a {} plugin named \"{}\" in {}", kind, plugin,
                               folders.empty() ? "an empty plugin path"
                                               : fmt::format("{}", fmt::join(folders, ", ")));
    if (const auto near = base::nearest(plugin, seen.names); !near.empty())
        problem.fix = fmt::format("did you mean \"{}\"?", near);
    else if (seen.refused)
        problem.fix = fmt::format("a library was refused: {}", to_string(*seen.refused));
    else if (!seen.names.empty())
        problem.fix = fmt::format("there are: {}", fmt::join(seen.names, ", "));
    else
        problem.fix = "install it, or add its folder to plugin-path in [host]";
    return problem;
}

} // namespace

Catalog::Catalog(std::vector<std::string> folders) : folders_(std::move(folders)) {}

base::Result<const Plugin*> Catalog::find(std::string_view kind, std::string_view plugin,
                                          const std::optional<base::Digest>& sha256) const {
    Seen seen;
    // A library that bears the name decides: one that is refused is not passed over.
    for (const auto& folder : folders_) {
        const auto file = fmt::format("{}/{}-{}.so", folder, kind, plugin);
        if (!base::sys::lstat(file)) continue;
        const auto library = load_library(file, sha256);
        if (!library) return fail(library.error());
        if (const auto* found = find_in(**library, kind, plugin)) return found;
        if ((*library)->problem) return fail(*(*library)->problem);
    }
    for (const auto& file : files_of(folders_)) {
        const auto library = load_library(file, sha256);
        if (!library) {
            if (!seen.refused) seen.refused = library.error();
            continue;
        }
        if (const auto* found = find_in(**library, kind, plugin)) return found;
        seen.add(**library, kind);
    }
    return fail(not_found(kind, plugin, folders_, seen));
}

std::vector<Catalog::Entry> Catalog::all() const {
    std::vector<Entry> entries;
    for (const auto& file : files_of(folders_)) {
        Entry entry{file, {}, {}};
        if (const auto library = load_library(file, std::nullopt)) {
            for (const auto& plugin : (*library)->plugins) entry.plugins.push_back(&plugin);
            entry.problem = (*library)->problem;
        } else {
            entry.problem = library.error();
        }
        entries.push_back(std::move(entry));
    }
    std::ranges::sort(entries, {}, &Entry::file);
    return entries;
}

} // namespace cmw::plugin_host
