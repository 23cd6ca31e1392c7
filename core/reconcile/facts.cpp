// SPDX-License-Identifier: Apache-2.0
#include "reconcile/facts.hpp"

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

template <class Digests>
std::vector<std::string> names_of(const Digests& digests) {
    std::vector<std::string> names;
    for (const auto& digest : digests) names.push_back(digest.name());
    return names;
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
    const auto quarantined = digests_of(record.quarantined);
    facts.approved = base::parse_digest_name(record.approved);
    facts.approved_by = record.approved_by;
    facts.approved_at = record.approved_at;
    facts.locations = record.locations;
    facts.activated = base::parse_digest_name(record.activated);
    facts.previous = digests_of(record.previous);
    facts.activating = base::parse_digest_name(record.activating);
    facts.quarantined = {quarantined.begin(), quarantined.end()};
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
    record.quarantined = names_of(facts.quarantined);
    record.pinned = name_of(facts.orders.pinned);
    record.held = name_of(facts.orders.held);
    record.returned = name_of(facts.orders.returned);
    record.agreed = name_of(facts.orders.agreed);
    record.ordered_by = facts.ordered_by;
}

void note_activated(ComponentFacts& facts, const Digest& digest) {
    auto& previous = facts.previous;
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

void note_approved(ComponentFacts& facts, const Digest& digest, base::UnixTime now) {
    if (facts.approved) facts.quarantined.erase(*facts.approved);
    facts.quarantined.erase(digest);
    facts.orders.returned.reset();
    facts.orders.agreed.reset();
    facts.approved = digest;
    facts.approved_at = now;
}

} // namespace cmw::reconcile
