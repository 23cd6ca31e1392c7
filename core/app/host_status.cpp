// SPDX-License-Identifier: Apache-2.0
//
// What a running host tells of itself: Host::status(), gathered from its parts.
#include "app/host_parts.hpp"
#include "app/version.hpp"

#include <unistd.h>

namespace cmw::app {

using reconcile::hex_of;

namespace {

control::ConsensusStatus consensus_status(const consensus::Watcher& watcher) {
    control::ConsensusStatus status;
    const auto state = watcher.status().state;
    const bool failing =
        !watcher.error().empty() && state == plugin_host::InstanceStatus::State::ok;
    status.state = failing ? "failed" : std::string(plugin_host::name(state));
    status.reason = watcher.error();
    if (!watcher.verdict()) return status;
    const auto& verdict = *watcher.verdict();
    status.height = verdict.height;
    status.ready = verdict.run;
    const auto synced = verdict.facts.find("synced");
    status.synced = synced == verdict.facts.end() ? verdict.run : synced->second == "true";
    if (status.reason.empty()) status.reason = verdict.reason;
    status.facts = verdict.facts;
    for (const auto& [target, digest] : verdict.approved) status.approved[target] = digest.hex();
    return status;
}

control::ComponentStatus component_status(const reconcile::ComponentReport& report,
                                          const config::ComponentSettings& settings) {
    control::ComponentStatus status;
    status.approved = hex_of(report.facts.approved);
    status.installed = hex_of(report.facts.installed);
    status.desired = hex_of(report.view.desired);
    status.state = report.view.state.empty() ? "unknown" : report.view.state;
    status.reason = report.view.reason;
    for (const auto& [digest, why] : report.facts.quarantined)
        status.quarantined.push_back(digest.hex());
    status.approved_by = report.facts.approved_by;
    const auto& orders = report.facts.orders;
    status.pinned = orders.pinned.has_value();
    status.held = orders.held.has_value();
    if (orders.pinned || orders.held || orders.returned)
        status.ordered_by = report.facts.ordered_by;
    for (const auto& digest : report.facts.previous) status.previous.push_back(digest.hex());
    for (const auto& one : report.facts.announced)
        status.announced.push_back({one.artifact.digest.hex(), one.height, one.why});
    for (const auto& digest : report.facts.stored) status.kept.push_back(digest.hex());
    status.from = settings.from.instance;
    if (report.progress) status.progress = {report.progress->first, report.progress->second};
    return status;
}

control::OrderStatus order_status(const commands::Inbox& inbox) {
    auto found = inbox.status();
    return {std::move(found.error), std::move(found.refused),
            std::move(found.doing), found.asks,
            std::move(found.last),  found.waiting};
}

/// A status that waits for what its services use.
struct Measuring {
    control::Status status;
    std::function<void(const control::Status&)> done;
    std::size_t open = 1; ///< Answers that are to come, and the asking itself.
    base::EventLoop::Handle limit;

    void finish() {
        if (const auto tell = std::exchange(done, nullptr)) tell(status);
    }
    void answered() {
        if (--open == 0) finish();
    }
};

constexpr auto measuring_limit = std::chrono::seconds(1);

} // namespace

/// A runner answers at once, unless it is in the midst of a start.
void Host::measured_status(std::function<void(const control::Status&)> done) {
    const auto measuring = std::make_shared<Measuring>();
    measuring->status = status();
    measuring->done = std::move(done);
    for (const auto& [name, service] : parts_->services) {
        ++measuring->open;
        service->usage([measuring, name = name](const std::optional<plugin_host::Usage>& usage) {
            measuring->status.services[name].usage = usage;
            measuring->answered();
        });
    }
    measuring->answered();
    if (!measuring->done) return;
    measuring->limit = parts_->loop.after(measuring_limit, [weak = std::weak_ptr(measuring)] {
        if (const auto late = weak.lock()) late->finish();
    });
}

control::Status Host::status() {
    control::Status status;
    status.version = program_version;
    status.pid = ::getpid();
    status.uptime_s = std::chrono::duration<double>(base::monotonic_now() - parts_->born).count();
    for (const auto& [name, watcher] : parts_->watchers)
        status.consensus[name] = consensus_status(*watcher);
    for (const auto& [name, report] : parts_->reconciler->report())
        status.components[name] = component_status(report, *parts_->settings().component(name));
    for (const auto& [name, service] : parts_->services) status.services[name] = service->status();
    for (const auto& [name, instance] : parts_->instances)
        status.plugins[name] = {instance->settings().kind, instance->settings().plugin,
                                instance->status()};
    for (const auto& [name, inbox] : parts_->inboxes) status.orders[name] = order_status(*inbox);
    status.logs_stopped_by = parts_->shipping_stopped_by;
    if (!parts_->pipeline) return status;
    for (const auto& [name, backend] : parts_->pipeline->backends())
        status.plugins[name] = {"log-backend", parts_->settings().instance(name)->plugin, backend};
    status.logs = parts_->pipeline->streams();
    return status;
}

} // namespace cmw::app
