// SPDX-License-Identifier: Apache-2.0
#include "reconcile/facts.hpp"

#include "reconcile/quarantine.hpp"

#include <algorithm>

namespace cmw::reconcile {

namespace {

constexpr std::size_t previous_limit = 5;

std::vector<Digest> digests_of(const std::vector<std::string>& names) {
    std::vector<Digest> digests;
    for (const auto& name : names)
        if (auto digest = base::parse_digest_name(name)) digests.push_back(std::move(*digest));
    return digests;
}

std::vector<std::string> names_of(const std::vector<Digest>& digests) {
    std::vector<std::string> names;
    for (const auto& digest : digests) names.push_back(digest.name());
    return names;
}

constexpr const char* rolled_back = "rolled-back";

/// What an earlier version kept has no set: then it is one of its own.
Quarantine quarantine_of(const state::QuarantineRecord& record, const std::string& component,
                         const Digest& digest) {
    Quarantine quarantine;
    if (record.cause == rolled_back) quarantine.cause = Quarantine::Cause::rolled_back;
    for (const auto& [name, member] : record.set)
        if (auto known = base::parse_digest_name(member))
            quarantine.set.emplace(name, std::move(*known));
    quarantine.set.insert_or_assign(component, digest);
    return quarantine;
}

state::QuarantineRecord record_of(const Quarantine& quarantine) {
    state::QuarantineRecord record;
    record.cause = quarantine.cause == Quarantine::Cause::failed ? "failed" : rolled_back;
    for (const auto& [name, digest] : quarantine.set) record.set.emplace(name, digest.name());
    return record;
}

} // namespace

const ComponentFacts* Facts::component(std::string_view name) const {
    const auto found = std::ranges::find(components, name, &ComponentFacts::name);
    return found == components.end() ? nullptr : &*found;
}

const ServiceFacts* Facts::service(std::string_view name) const {
    const auto found = std::ranges::find(services, name, &ServiceFacts::name);
    return found == services.end() ? nullptr : &*found;
}

std::vector<std::string> locations_of(const ComponentFacts& c, const Digest& digest) {
    if (digest == c.approved) return c.locations;
    for (const auto& one : c.announced)
        if (one.artifact.digest == digest) return one.artifact.locations;
    return {};
}

void recall(ComponentFacts& facts, const state::ComponentRecord& record) {
    facts.approved = base::parse_digest_name(record.approved);
    facts.approved_by = record.approved_by;
    facts.approved_at = record.approved_at;
    facts.locations = record.locations;
    facts.activated = base::parse_digest_name(record.activated);
    facts.previous = digests_of(record.previous);
    facts.activating = base::parse_digest_name(record.activating);
    facts.together = {record.together.begin(), record.together.end()};
    facts.quarantined.clear();
    for (const auto& [name, cause] : record.quarantined)
        if (const auto digest = base::parse_digest_name(name))
            facts.quarantined.emplace(*digest, quarantine_of(cause, facts.name, *digest));
    facts.orders.pinned = base::parse_digest_name(record.pinned);
    facts.orders.held = base::parse_digest_name(record.held);
    facts.orders.returned = base::parse_digest_name(record.returned);
    facts.orders.agreed = base::parse_digest_name(record.agreed);
    facts.ordered_by = record.ordered_by;
}

void keep(const ComponentFacts& facts, state::ComponentRecord& record) {
    record.approved = name_of(facts.approved);
    record.approved_by = facts.approved_by;
    record.approved_at = facts.approved_at;
    record.locations = facts.locations;
    record.activated = name_of(facts.activated);
    record.previous = names_of(facts.previous);
    record.activating = name_of(facts.activating);
    record.together = {facts.together.begin(), facts.together.end()};
    record.quarantined.clear();
    for (const auto& [digest, cause] : facts.quarantined)
        record.quarantined.emplace(digest.name(), record_of(cause));
    record.pinned = name_of(facts.orders.pinned);
    record.held = name_of(facts.orders.held);
    record.returned = name_of(facts.orders.returned);
    record.agreed = name_of(facts.orders.agreed);
    record.ordered_by = facts.ordered_by;
}

void note_activated(ComponentFacts& facts, const Digest& digest) {
    auto& previous = facts.previous;
    if (facts.activated != digest) facts.together = {facts.name};
    if (facts.activated && facts.activated != digest)
        previous.insert(previous.begin(), *facts.activated);
    facts.activated = digest;
    // Each once, where it was last; the one in use is not a previous one.
    std::vector<Digest> kept;
    for (const auto& one : previous)
        if (one != digest && std::ranges::count(kept, one) == 0 && kept.size() < previous_limit)
            kept.push_back(one);
    previous = std::move(kept);
}

std::set<std::string> note_approved(Facts& facts, ComponentFacts& c, const Digest& digest,
                                    base::UnixTime now) {
    auto changed = end_quarantine(facts, c.name, digest);
    if (c.approved) changed.merge(end_quarantine(facts, c.name, *c.approved));
    c.orders.returned.reset();
    c.orders.agreed.reset();
    c.approved = digest;
    c.approved_at = now;
    changed.insert(c.name);
    return changed;
}

} // namespace cmw::reconcile
