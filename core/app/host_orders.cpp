// SPDX-License-Identifier: Apache-2.0
//
// What a running host does for the network's orders.
#include "app/host_parts.hpp"
#include "logs/own_log.hpp"
#include "plugin_host/identity.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::app {

using base::Result;
using Done = control::Requests::Done;

namespace {

/// This node's id in its identity file, read anew: the network's software may write it later.
std::optional<std::string> node_id(const std::string& identity_file) {
    if (identity_file.empty()) return std::nullopt;
    const auto identity = plugin_host::read_identity_file(identity_file);
    if (!identity || !*identity) return std::nullopt;
    const auto id = (*identity)->find("id");
    return id == (*identity)->end() ? std::nullopt : std::optional(id->second);
}

bool approves(const config::ComponentSettings& component, const std::string& source) {
    return std::ranges::count(component.approved_by, source, &config::UseSettings::instance) > 0;
}

/// Does `one` for each name, the next when the one before is done; ends at the first failure.
void for_each_in_turn(std::vector<std::string> names,
                      std::function<void(const std::string&, Done)> one, Done done) {
    if (names.empty()) return done({});
    const auto first = names.front();
    names.erase(names.begin());
    one(first, [names = std::move(names), one, done = std::move(done)](const Result<>& result) {
        if (!result) return done(result);
        for_each_in_turn(names, one, done);
    });
}

} // namespace

void Host::Parts::make_inboxes() {
    for (const auto& table : settings().instances) {
        if (table.kind != "command-source") continue;
        commands::Inbox::Hooks hooks;
        hooks.carry_out = [this, &table](const commands::Command& command, const std::string& who,
                                         Done done) {
            carry_out(table, command, who, std::move(done));
        };
        hooks.node_id = [this] { return node_id(settings().identity.file); };
        hooks.told = [](const state::HistoryEntry& entry) {
            const bool bad = entry.event == "refused" || entry.event == "failed";
            logs::log_line(
                bad ? CMW_LEVEL_WARN : CMW_LEVEL_INFO,
                fmt::format("command-source {}: {}: {}", entry.name, entry.event, entry.why));
        };
        hooks.changed = [this] { changed(); };
        recall_approvals(table.name);
        inboxes[table.name] =
            std::make_unique<commands::Inbox>(loop, table, *commands.at(table.name), database,
                                              std::move(hooks), commands::Inbox::Options{});
    }
}

/// What its orders approved before: each was carried out once.
void Host::Parts::recall_approvals(const std::string& source) {
    auto& verdict = ordered[source];
    verdict.run = true; // It says nothing of when a program may run.
    for (const auto& [name, report] : reconciler->report()) {
        const auto& component = *settings().component(name);
        if (!approves(component, source) || !report.facts.approved) continue;
        verdict.approved.insert_or_assign(component.field, *report.facts.approved);
        verdict.locations[component.field] = report.facts.locations;
    }
    reconciler->on_verdict(source, verdict);
}

/// From then on it is the approved version: fetched, checked and put in place like any other.
Result<> Host::Parts::approve(const config::InstanceSettings& source,
                              const commands::Command& command, const std::string& who) {
    const bool known = std::ranges::any_of(settings().components, [&](const auto& component) {
        return component.field == command.target && approves(component, source.name);
    });
    if (!known)
        return base::fail(
            "",
            fmt::format("cannot update '{}': no component is approved by {}", command.target,
                        source.name),
            fmt::format("what a consensus source approves follows that; else write a component "
                        "with approved-by = \"{}\" and field = \"{}\"",
                        source.name, command.target));
    auto digest = base::parse_digest(command.hash, "blake2s-256");
    if (!digest) return base::fail("", "cannot use the hash: it is all zero", "");
    auto& verdict = ordered.at(source.name);
    verdict.approved.insert_or_assign(command.target, std::move(*digest));
    verdict.locations[command.target] = {command.path};
    verdict.facts["order"] = who;
    reconciler->on_verdict(source.name, verdict);
    return {};
}

void Host::Parts::carry_out(const config::InstanceSettings& source,
                            const commands::Command& command, const std::string& who, Done done) {
    using commands::Verb;
    if (command.verb == Verb::update) return done(approve(source, command, who));
    const bool starts = command.verb == Verb::start;
    if (command.target == "logger") return ship(starts, who, std::move(done));
    auto names = source.orders.services;
    if (names.empty())
        for (const auto& service : settings().services) names.push_back(service.name);
    for_each_in_turn(
        std::move(names),
        [this, starts, who](const std::string& service, Done one_done) {
            if (starts)
                reconciler->start(service, who, std::move(one_done));
            else
                reconciler->stop(service, who, std::move(one_done));
        },
        std::move(done));
}

void Host::Parts::ship(bool wanted, const std::string& who, Done done) {
    if (shipping_ends)
        return done(base::fail("", "cannot start or stop the shipping of logs: it is just ending",
                               "try again in a moment"));
    if (wanted == (pipeline != nullptr)) return done({});
    const auto stopped_by = wanted ? std::string() : who;
    if (const auto saved = database.save_host_value(shipping_key, stopped_by); !saved)
        return done(saved);
    shipping_stopped_by = stopped_by;
    reconciler->remember(
        {0, {}, "host", "", wanted ? "shipping-started" : "shipping-stopped", "", "", "", who});
    if (wanted) {
        make_pipeline();
        changed();
        return done({});
    }
    // It ships what is there first, within a bound, and that is not for this thread.
    shipping_ends = true;
    if (!ending) ending = std::make_unique<base::Worker>("logs-end");
    ending->post([old = std::shared_ptr(std::move(pipeline)), weak = std::weak_ptr(alive),
                  &to = loop, done = std::move(done)]() mutable {
        old.reset();
        to.post([weak, done = std::move(done)] {
            const auto parts = weak.lock();
            if (!parts) return;
            (*parts)->shipping_ends = false;
            (*parts)->changed();
            done({});
        });
    });
}

} // namespace cmw::app
