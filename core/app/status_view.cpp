// SPDX-License-Identifier: Apache-2.0
#include "app/status_view.hpp"

#include "app/terminal.hpp"
#include "base/text.hpp"

#include <cmath>

namespace cmw::app {

using namespace control;

namespace {

constexpr std::size_t short_digest = 12;

std::string shortened(const std::string& digest) {
    return digest.empty() ? "-" : digest.substr(0, short_digest);
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts)
        if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
    return text;
}

Colour colour_of(std::string_view state) {
    constexpr std::string_view good[] = {"ok", "current", "running"};
    constexpr std::string_view bad[] = {"failed", "quarantined", "stuck", "failing"};
    constexpr std::string_view still[] = {"stopped", "unknown", "none"};
    if (std::ranges::find(good, state) != std::end(good)) return Colour::green;
    if (std::ranges::find(bad, state) != std::end(bad)) return Colour::red;
    return std::ranges::find(still, state) != std::end(still) ? Colour::grey : Colour::yellow;
}

Table::Cell state_cell(std::string_view state) {
    return {state.empty() ? "-" : state, colour_of(state)};
}

Table consensus_table(const Status& status) {
    Table table({"CONSENSUS", "STATE", "BLOCK", "SYNCED", "READY", "NOTE"});
    for (const auto& [name, source] : status.consensus) {
        const auto endpoint = source.facts.find("endpoint");
        table.add(
            {name, state_cell(source.state),
             source.height == 0 ? "-" : std::to_string(source.height), source.synced ? "yes" : "no",
             source.ready ? "yes" : "no",
             joined({source.reason, endpoint == source.facts.end() ? "" : endpoint->second})});
    }
    return table;
}

std::string note_of(const ComponentStatus& component) {
    std::vector<std::string> parts;
    if (component.progress) parts.push_back(progress_bar(*component.progress));
    if (component.pinned) parts.emplace_back("PINNED");
    if (component.held) parts.emplace_back("HELD");
    if (!component.ordered_by.empty()) parts.push_back("by " + component.ordered_by);
    parts.push_back(component.reason);
    for (const auto& digest : component.quarantined)
        parts.push_back(shortened(digest) + " is quarantined");
    for (const auto& one : component.announced)
        parts.push_back(shortened(one.digest) + " is announced" +
                        (one.height == 0 ? "" : fmt::format(" for block {}", one.height)));
    return joined(parts);
}

Table component_table(const Status& status) {
    Table table({"COMPONENT", "STATE", "INSTALLED", "APPROVED", "BY", "FROM", "NOTE"});
    for (const auto& [name, component] : status.components)
        table.add({name, state_cell(component.state), shortened(component.installed),
                   shortened(component.approved), or_dash(component.approved_by),
                   or_dash(component.from), note_of(component)});
    return table;
}

std::string count(const std::optional<std::int64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string size_text(const std::optional<std::int64_t>& bytes) {
    return bytes ? base::format_size(static_cast<std::uint64_t>(*bytes)) : "-";
}

std::string cpu_time(const std::optional<std::int64_t>& microseconds) {
    return microseconds ? rough_duration(static_cast<double>(*microseconds) / 1e6) : "-";
}

Table service_table(const Status& status, base::UnixTime now) {
    Table table({"SERVICE", "STATE", "PID", "FOR", "RESTARTS", "MEMORY", "CPU", "THREADS", "FILES",
                 "HEALTH", "NOTE"});
    for (const auto& [name, service] : status.services) {
        const auto age =
            service.since
                ? rough_duration(std::chrono::duration<double>(now - *service.since).count())
                : "-";
        const auto usage = service.usage.value_or(plugin_host::Usage{});
        const auto last = service.last_exit.empty() ? "" : "last: " + service.last_exit;
        table.add({name, state_cell(supervisor::name(service.state)),
                   service.pid == 0 ? "-" : std::to_string(service.pid), age,
                   std::to_string(service.restarts), size_text(usage.memory_bytes),
                   cpu_time(usage.cpu_us), count(usage.threads), count(usage.descriptors),
                   state_cell(service.health), joined({service.reason, last})});
    }
    return table;
}

/// Why a program does not come up, as far as it said so itself.
std::string explain(const std::string& name, const supervisor::ServiceStatus& service,
                    base::UnixTime now) {
    const bool down = service.state == supervisor::ServiceState::backoff ||
                      service.state == supervisor::ServiceState::failed;
    if (!down || service.failures == 0) return {};
    auto text = fmt::format(
        "\n{} failed{}", name,
        service.failures == 1 ? "" : fmt::format(" {} times in a row", service.failures));
    if (service.next_start) {
        const std::chrono::duration<double> rest = *service.next_start - now;
        text += "; it is started again in " + rough_duration(rest.count());
    }
    text += service.last_lines.empty() ? ".\n" : ". The last lines of its output:\n";
    for (const auto& line : service.last_lines) text += "    " + printable(line) + "\n";
    return text;
}

Table plugin_table(const Status& status) {
    Table table({"PLUGIN", "KIND", "NAME", "STATE", "REINITIALISED", "LAST ERROR"});
    for (const auto& [name, plugin] : status.plugins)
        table.add(
            {name, plugin.kind, plugin.plugin, state_cell(plugin_host::name(plugin.status.state)),
             std::to_string(plugin.status.reinitialisations), or_dash(plugin.status.last_error)});
    return table;
}

Table order_table(const Status& status) {
    Table table({"ORDERS OF", "NOW", "BEHIND", "LAST"});
    for (const auto& [name, orders] : status.orders) {
        const auto now =
            orders.asks ? orders.doing + ": waits for 'command approve'" : orders.doing;
        const auto refused = orders.refused.empty() ? "" : "refused " + orders.refused;
        table.add({name,
                   {or_dash(now), orders.asks ? Colour::yellow : Colour::none},
                   std::to_string(orders.waiting),
                   {or_dash(joined({orders.error, orders.last, refused})),
                    orders.error.empty() ? Colour::none : Colour::yellow}});
    }
    return table;
}

/// Records, and what was freed on a full disk before it was read.
std::string dropped_text(const logs::DeliveryStatus& delivery) {
    auto text = std::to_string(delivery.dropped);
    if (delivery.dropped_bytes != 0) text += ", " + base::format_size(delivery.dropped_bytes);
    return text;
}

Table log_table(const Status& status) {
    Table table({"LOG", "TO", "DELIVERED", "PENDING", "OLDEST", "REJECTED", "DROPPED"});
    for (const auto& [name, stream] : status.logs)
        for (const auto& [backend, delivery] : stream.to) {
            const bool late = delivery.oldest_pending_s >= 60;
            const bool rejected = delivery.rejected != 0;
            table.add(
                {name,
                 backend,
                 std::to_string(delivery.delivered),
                 base::format_size(delivery.pending_bytes),
                 {delivery.pending_bytes == 0 ? "-" : rough_duration(delivery.oldest_pending_s),
                  late ? Colour::yellow : Colour::none},
                 {std::to_string(delivery.rejected), rejected ? Colour::yellow : Colour::none},
                 {dropped_text(delivery),
                  delivery.dropped_bytes != 0 ? Colour::yellow : Colour::none}});
        }
    return table;
}

} // namespace

std::string progress_bar(const ComponentStatus::Progress& progress) {
    if (progress.total == 0) return base::format_size(progress.received);
    constexpr std::size_t width = 20;
    const auto part =
        std::min(1.0, static_cast<double>(progress.received) / static_cast<double>(progress.total));
    const auto full = static_cast<std::size_t>(part * width);
    return fmt::format("[{}{}] {:.0f}% of {}", std::string(full, '#'),
                       std::string(width - full, '.'), std::floor(part * 100),
                       base::format_size(progress.total));
}

std::string rough_duration(double seconds) {
    const auto whole = seconds < 1e12 && seconds > 0 ? static_cast<std::int64_t>(seconds) : 0;
    const auto minutes = whole / 60;
    const auto hours = minutes / 60;
    if (hours >= 24) return fmt::format("{}d{}h", hours / 24, hours % 24);
    if (hours > 0) return fmt::format("{}h{}m", hours, minutes % 60);
    if (minutes > 0) return fmt::format("{}m{}s", minutes, whole % 60);
    return fmt::format("{}s", whole);
}

std::string render(const Status& status, base::UnixTime now, bool colours) {
    auto text = printable(fmt::format("cmix-wrapper {}, process {}, up {}", status.version,
                                      status.pid, rough_duration(status.uptime_s))) +
                "\n";
    for (const auto& table :
         {consensus_table(status), component_table(status), service_table(status, now),
          order_table(status), plugin_table(status), log_table(status)})
        if (const auto rows = table.render(colours); !rows.empty()) text += "\n" + rows;
    for (const auto& [name, service] : status.services) text += explain(name, service, now);
    if (!status.logs_stopped_by.empty())
        text += "\n" +
                printable(fmt::format("logs are not shipped: stopped by {}; "
                                      "'cmix-wrapper start logger' starts it",
                                      status.logs_stopped_by)) +
                "\n";
    return text;
}

} // namespace cmw::app
