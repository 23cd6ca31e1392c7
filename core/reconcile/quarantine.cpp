// SPDX-License-Identifier: Apache-2.0
#include "reconcile/quarantine.hpp"

#include "reconcile/component_plan.hpp"

#include <algorithm>

namespace cmw::reconcile {

namespace {

ComponentFacts* find(Facts& facts, const std::string& name) {
    const auto found = std::ranges::find(facts.components, name, &ComponentFacts::name);
    return found == facts.components.end() ? nullptr : &*found;
}

} // namespace

void quarantine(Facts& facts, const std::map<std::string, Digest>& set, Quarantine::Cause cause) {
    Quarantine whole{cause, set};
    // What was refused together with one of them stays together with it.
    for (const auto& [name, digest] : set)
        if (const auto* c = find(facts, name))
            if (const auto earlier = c->quarantined.find(digest); earlier != c->quarantined.end())
                whole.set.insert(earlier->second.set.begin(), earlier->second.set.end());
    for (const auto& [name, digest] : whole.set)
        if (auto* c = find(facts, name)) c->quarantined.insert_or_assign(digest, whole);
}

std::set<std::string> end_quarantine(Facts& facts, const std::string& component,
                                     const Digest& digest) {
    std::set<std::string> changed;
    auto* c = find(facts, component);
    const auto found = c->quarantined.find(digest);
    if (found == c->quarantined.end()) return changed;
    const auto ended = found->second;
    for (const auto& [name, with] : ended.set) {
        auto* member = find(facts, name);
        if (member == nullptr) continue; // The configuration has it no more.
        const auto own = member->quarantined.find(with);
        if (own == member->quarantined.end() || own->second != ended) continue;
        member->quarantined.erase(own);
        if (ended.cause == Quarantine::Cause::rolled_back) member->orders.returned.reset();
        changed.insert(name);
    }
    return changed;
}

std::set<std::string> end_quarantine(Facts& facts, const std::string& component) {
    std::set<std::string> changed;
    const auto before = find(facts, component)->quarantined;
    for (const auto& [digest, cause] : before)
        changed.merge(end_quarantine(facts, component, digest));
    return changed;
}

std::string in_words(const Quarantine& quarantine, const std::string& component) {
    std::string words =
        quarantine.cause == Quarantine::Cause::failed ? "it failed" : "it was rolled back";
    std::string_view before = " together with ";
    for (const auto& [name, digest] : quarantine.set) {
        if (name == component) continue;
        words.append(before).append(name + " " + short_hex(digest));
        before = ", ";
    }
    return words;
}

} // namespace cmw::reconcile
