// SPDX-License-Identifier: Apache-2.0
#include "config/loader.hpp"

#include "base/text.hpp"
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

void check_components(const Node& table, const ServiceSettings& service, const Settings& settings,
                      const Reading& reading) {
    const auto* list = table.find("components");
    const auto& names = service.components;
    // A list that could not be read has been reported, and was replaced by the default.
    if (list == nullptr || list->items.size() != names.size()) return;
    std::vector<std::string> known;
    for (const auto& component : settings.components) known.push_back(component.name);
    for (auto name = names.begin(); name != names.end(); ++name) {
        const auto& position = list->items[static_cast<std::size_t>(name - names.begin())].position;
        if (settings.component(*name) == nullptr)
            reading.report.add(position, fmt::format("cannot find the component '{}'", *name),
                               known.empty() ? fmt::format("add a table [component.{}]", *name)
                                             : suggestion(*name, known));
        if (std::find(names.begin(), name, *name) != name)
            reading.report.add(position,
                               fmt::format("cannot name '{}' twice in 'components'", *name),
                               "remove one of them");
    }
}

/// Times of the week are of use for activation in windows alone, and that without them never comes.
void check_activation(const Node& table, const ActivationSettings& activation,
                      const Reading& reading) {
    const auto* when = table.find("activation");
    const auto* windows = table.find("windows");
    const bool in_windows = activation.when == Activate::window;
    if (in_windows && windows == nullptr)
        reading.report.add(when->position, "cannot activate in windows: there are none",
                           R"(add windows = ["Sat 02:00-04:00 UTC"])");
    if (windows == nullptr || windows->kind != Node::Kind::list) return;
    if (in_windows && windows->items.empty())
        reading.report.add(windows->position, "cannot activate in windows: the list is empty",
                           R"(write at least one: ["Sat 02:00-04:00 UTC"])");
    if (!in_windows)
        reading.report.add(windows->position,
                           "cannot use 'windows' without activation = \"window\"",
                           R"(add activation = "window", or remove the windows)");
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

void check_health(const Node& service, ServiceSettings& settings, const Reading& reading) {
    const auto* health = service.find("health");
    if (health == nullptr || health->kind != Node::Kind::table) {
        settings.health.reset();
        return;
    }
    int ways = 0;
    for (const auto* way : {"exec", "tcp", "http", "log"})
        ways += health->find(way) != nullptr ? 1 : 0;
    if (ways != 1)
        reading.report.add(health->position,
                           fmt::format("cannot check health in {} ways: exactly one of exec, tcp, "
                                       "http and log is needed",
                                       ways),
                           ways == 0 ? "add one of them" : "remove the others");
    if (settings.health) settings.health->position = health->position;
}

/// Keys with a default stand in for a table that is not there.
void check_hook(const Node& service, std::string_view name, std::optional<HookSettings>& hook,
                const Reading& reading) {
    const auto* table = service.find(name);
    if (table == nullptr || table->kind != Node::Kind::table) return hook.reset();
    if (table->find("exec") == nullptr)
        reading.report.add(table->position, fmt::format("cannot run '{}' without a command", name),
                           R"(add exec = ["/usr/bin/program"])");
    if (hook) hook->position = table->position;
}

ServiceSettings read_service(const Node& table, const Settings& settings, const Reading& reading,
                             const Instances& instances) {
    const auto before = reading.report.count();
    auto service = read_table(service_table(), table, reading, &instances);
    check_components(table, service, settings, reading);
    check_health(table, service, reading);
    check_hook(table, "before-upgrade", service.before_upgrade, reading);
    check_hook(table, "after-upgrade", service.after_upgrade, reading);
    service.user = instances.use_text(service.runner, "user");
    service.group = instances.use_text(service.runner, "group");
    const bool good = reading.report.count() == before; // Else defaults stand in for what is wrong.
    if (good) check_activation(table, service.activation, reading);
    if (good && service.restart_first > service.restart_cap) {
        const auto* key = table.entry("restart-delay");
        if (key == nullptr) key = table.entry("restart-delay-max");
        reading.report.add(
            key->value.position,
            fmt::format("cannot use restart-delay {}: it is longer than restart-delay-max, "
                        "{}",
                        base::format_duration(service.restart_first),
                        base::format_duration(service.restart_cap)),
            "make the first at most as long as the second");
    }
    return service;
}

/// Whether the table says where `stream` ("stdout" or "stderr") goes.
bool says_output(const Node& service, std::string_view stream) {
    const auto* output = service.find("output");
    if (output == nullptr) return false;
    return output->find(stream) != nullptr || output->find("file") != nullptr ||
           output->find("env") != nullptr || output->kind != Node::Kind::table;
}

/// The paths that depend on each other: a service writes to where the stream of its name reads.
void place_outputs(Settings& settings, const Node& root) {
    const auto default_path = [&](const std::string& name) {
        return settings.host.state_dir + "/output/" + name + ".log";
    };
    for (auto& stream : settings.streams) {
        if (!stream.path.empty()) continue;
        const auto* service = settings.service(stream.name);
        const bool written = service != nullptr && !service->output_path.empty();
        stream.path = written ? service->output_path : default_path(stream.name);
    }
    for (auto& service : settings.services) {
        const auto* stream = settings.stream(service.name);
        const bool one_file = stream != nullptr && !is_wildcard(stream->path);
        const auto path = one_file ? stream->path : default_path(service.name);
        const auto& table = *root.find("service")->find(service.name);
        if (!says_output(table, "stdout")) service.output_path = path;
        if (!says_output(table, "stderr")) service.error_path = path;
    }
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

void check_log_health(const ServiceSettings& service, const Reading& reading) {
    const bool watched = service.health && !service.health->log.empty();
    if (watched && service.output_path.empty() && service.error_path.empty())
        reading.report.add(service.health->position,
                           "cannot look for a pattern in output that is thrown away",
                           "give the service an 'output', or check its health in another way");
}

/// The services that orders are for.
void check_order_services(const Settings& settings, const Reading& reading) {
    std::vector<std::string> known;
    for (const auto& service : settings.services) known.push_back(service.name);
    for (const auto& source : settings.instances) {
        const auto& names = source.orders.services;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (settings.service(names[i]) != nullptr) continue;
            const auto& list =
                *reading.document.root().find(source.kind)->find(source.name)->find("services");
            reading.report.add(list.items[i].position,
                               fmt::format("cannot find the service '{}'", names[i]),
                               known.empty() ? fmt::format("add a table [service.{}]", names[i])
                                             : suggestion(names[i], known));
        }
    }
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
    for (const auto& service : settings.services) check_log_health(service, reading);
    check_own_log(settings, reading);
    check_order_services(settings, reading);
    check_paths(settings.components, "component", reading);
    check_paths(settings.streams, "log", reading);
    loaded.problems = report.problems(document);
    loaded.unavailable = report.unavailable();
    loaded.warnings = report.warnings(document);
    return loaded;
}

} // namespace cmw::config
