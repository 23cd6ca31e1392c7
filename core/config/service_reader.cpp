// SPDX-License-Identifier: Apache-2.0
#include "config/service_reader.hpp"

#include "base/text.hpp"
#include "config/service_order.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::config {

namespace {

/// Each name of the list is one that is known, and stands there once.
void check_names(const std::vector<std::string>& names, const Node& list, std::string_view what,
                 const std::vector<std::string>& known, const Reading& reading) {
    // A list that could not be read has been reported, and was replaced by the default.
    if (list.items.size() != names.size()) return;
    for (auto name = names.begin(); name != names.end(); ++name) {
        const auto& position = list.items[static_cast<std::size_t>(name - names.begin())].position;
        if (std::ranges::count(known, *name) == 0)
            reading.report.add(position, fmt::format("cannot find the {} '{}'", what, *name),
                               known.empty() ? fmt::format("add a table [{}.{}]", what, *name)
                                             : suggestion(*name, known));
        if (std::find(names.begin(), name, *name) != name)
            reading.report.add(position, fmt::format("cannot name '{}' twice", *name),
                               "remove one of them");
    }
}

template <class S>
std::vector<std::string> names_of(const std::vector<S>& all) {
    std::vector<std::string> names;
    for (const auto& one : all) names.push_back(one.name);
    return names;
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

/// Whether the table says where `stream` ("stdout" or "stderr") goes.
bool says_output(const Node& service, std::string_view stream) {
    const auto* output = service.find("output");
    if (output == nullptr) return false;
    return output->find(stream) != nullptr || output->find("file") != nullptr ||
           output->find("env") != nullptr || output->kind != Node::Kind::table;
}

void check_log_health(const ServiceSettings& service, const Reading& reading) {
    const bool watched = service.health && !service.health->log.empty();
    if (watched && service.output_path.empty() && service.error_path.empty())
        reading.report.add(service.health->position,
                           "cannot look for a pattern in output that is thrown away",
                           "give the service an 'output', or check its health in another way");
}

/// The services that others need.
void check_order(const Settings& settings, const Reading& reading) {
    const auto* tables = reading.document.root().find("service");
    const auto known = names_of(settings.services);
    for (const auto& service : settings.services)
        if (!service.after.empty())
            check_names(service.after, *tables->find(service.name)->find("after"), "service", known,
                        reading);
    const auto cycle = find_cycle(settings.services);
    if (cycle.empty()) return;
    reading.report.add(tables->find(cycle.front())->find("after")->position,
                       fmt::format("cannot order the services: {}", fmt::join(cycle, " is after ")),
                       "take one of them out of 'after'");
}

/// The services that orders are for.
void check_ordered(const Settings& settings, const Reading& reading) {
    const auto& root = reading.document.root();
    for (const auto& source : settings.instances)
        if (!source.orders.services.empty())
            check_names(source.orders.services,
                        *root.find(source.kind)->find(source.name)->find("services"), "service",
                        names_of(settings.services), reading);
}

} // namespace

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

ServiceSettings read_service(const Node& table, const Settings& settings, const Reading& reading,
                             const Instances& instances) {
    const auto before = reading.report.count();
    auto service = read_table(service_table(), table, reading, &instances);
    if (const auto* list = table.find("components"); list != nullptr)
        check_names(service.components, *list, "component", names_of(settings.components), reading);
    check_health(table, service, reading);
    check_hook(table, "before-upgrade", service.before_upgrade, reading);
    check_hook(table, "after-upgrade", service.after_upgrade, reading);
    service.user = instances.use_text(service.runner, "user");
    service.group = instances.use_text(service.runner, "group");
    if (service.stop_when_not_ready && service.start_when == StartWhen::always)
        reading.report.add(table.find("when-not-ready")->position,
                           "cannot stop it when the node is not ready: it is started always",
                           R"(add start-when = "ready")");
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

void check_services(const Settings& settings, const Reading& reading) {
    for (const auto& service : settings.services) check_log_health(service, reading);
    check_order(settings, reading);
    check_ordered(settings, reading);
}

} // namespace cmw::config
