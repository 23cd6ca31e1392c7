// SPDX-License-Identifier: Apache-2.0
#include "config/loader.hpp"

#include "base/text.hpp"
#include "config/service_reader.hpp"
#include "config/table_reader.hpp"
#include "config/uses.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace cmw::config {

namespace {

const Node empty_table;

/// A table that may be left out.
template <class S>
S read_single(const Table<S>& declared, const Reading& reading) {
    const auto* table = reading.document.root().find(declared.heading);
    if (table != nullptr && table->kind != Node::Kind::table) {
        reading.report.add(table->position,
                           fmt::format("cannot use {} for '{}': a table is expected",
                                       name(table->kind), declared.heading),
                           fmt::format("write [{}]", declared.heading));
        table = nullptr;
    }
    return read_table(declared, table == nullptr ? empty_table : *table, reading, nullptr);
}

void check_top_level(const Reading& reading) {
    std::vector<std::string> known{"host", "identity", "component", "service", "log"};
    known.insert(known.end(), std::begin(kinds), std::end(kinds));
    for (const auto& entry : reading.document.root().entries) {
        if (std::ranges::count(known, entry.key) > 0) continue;
        const auto* what = entry.value.kind == Node::Kind::table ? "table" : "key";
        reading.report.add(entry.position,
                           fmt::format("cannot use the {} '{}': it is not known", what, entry.key),
                           suggestion(entry.key, known));
    }
}

template <class S, class Read>
std::vector<S> read_named(const Reading& reading, std::string_view group, const Read& read) {
    std::vector<S> all;
    for (const auto* entry : named_tables(reading.document.root(), group, reading.report)) {
        auto settings = read(entry->value);
        settings.name = entry->key;
        all.push_back(std::move(settings));
    }
    return all;
}

void check_agreement_of(const Node& table, const ComponentSettings& component,
                        const Reading& reading) {
    const auto* sources = table.find("approved-by");
    if (sources != nullptr && sources->kind == Node::Kind::list && sources->items.empty())
        reading.report.add(sources->position, "cannot do without a consensus source",
                           "name at least one in 'approved-by'");
    const auto* rule = table.find("agreement");
    if (rule != nullptr && needed_sources(component) > component.approved_by.size())
        reading.report.add(rule->position,
                           fmt::format("cannot ask for the agreement of {} sources: 'approved-by' "
                                       "names {}",
                                       component.agreement, component.approved_by.size()),
                           "write a smaller number, or name more sources");
}

void check_size(const Node& table, const StreamSettings& stream, const Reading& reading) {
    if (!stream.keep || *stream.keep <= stream.max_size) return;
    const auto what =
        stream.max_size == 0
            ? std::string("cannot use 'keep' without 'max-size'")
            : fmt::format("cannot keep {} of {}",
                          base::format_size(static_cast<std::uint64_t>(*stream.keep)),
                          base::format_size(static_cast<std::uint64_t>(stream.max_size)));
    reading.report.add(table.find("keep")->position, what,
                       "make max-size the larger one, such as twice of it");
}

void check_own_log(const Settings& settings, const Reading& reading) {
    const auto* own = settings.stream(own_stream);
    if (own != nullptr && is_wildcard(own->path))
        reading.report.add(
            own->position,
            fmt::format("cannot write the host's own log to {}: it is many files", own->path),
            "name one file");
}

/// Two tables of `group` must not have one path.
template <class S>
void check_paths(const std::vector<S>& all, std::string_view group, const Reading& reading) {
    std::map<std::string, const S*> seen;
    for (const auto& settings : all) {
        if (settings.path.empty()) continue;
        const auto [first, fresh] = seen.emplace(settings.path, &settings);
        if (fresh) continue;
        const auto* given = reading.document.root().find(group)->find(settings.name)->find("path");
        reading.report.add(given == nullptr ? settings.position : given->position,
                           fmt::format("cannot use {} twice: [{}.{}] at {} has this path",
                                       settings.path, group, first->second->name,
                                       first->second->position.to_string()),
                           "give each a path of its own");
    }
}

} // namespace

HostSettings read_host(const Document& document) {
    Report unused;
    return read_single(host_table(), {document, unused});
}

Loaded read_settings(const Document& document, const SchemaLookup& lookup,
                     const PluginCheck& check) {
    Report report;
    const Reading reading{document, report};
    Loaded loaded;
    auto& settings = loaded.settings;
    check_top_level(reading);
    settings.host = read_single(host_table(), reading);
    settings.identity = read_single(identity_table(), reading);
    const Instances instances(reading, lookup, check);
    settings.instances = instances.settings();
    settings.components =
        read_named<ComponentSettings>(reading, "component", [&](const Node& table) {
            const auto before = reading.report.count();
            auto component = read_table(component_table(), table, reading, &instances);
            if (reading.report.count() == before) check_agreement_of(table, component, reading);
            if (reading.report.count() == before)
                check_activation(table, component.activation, reading);
            return component;
        });
    for (auto& component : settings.components) {
        if (component.field.empty()) component.field = component.name;
    }
    settings.streams = read_named<StreamSettings>(reading, "log", [&](const Node& table) {
        const auto before = reading.report.count();
        auto stream = read_table(stream_table(), table, reading, &instances);
        if (reading.report.count() == before) check_size(table, stream, reading);
        return stream;
    });
    settings.services = read_named<ServiceSettings>(reading, "service", [&](const Node& table) {
        return read_service(table, settings, reading, instances);
    });
    place_outputs(settings, document.root());
    check_own_log(settings, reading);
    check_services(settings, reading);
    check_paths(settings.components, "component", reading);
    check_paths(settings.streams, "log", reading);
    loaded.problems = report.problems(document);
    loaded.unavailable = report.unavailable();
    loaded.warnings = report.warnings(document);
    return loaded;
}

} // namespace cmw::config
