// SPDX-License-Identifier: Apache-2.0
#include "reconcile/plan.hpp"

#include "reconcile/component_plan.hpp"
#include "reconcile/group_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::reconcile {

const ComponentFacts* Facts::component(std::string_view name) const {
    const auto found = std::ranges::find(components, name, &ComponentFacts::name);
    return found == components.end() ? nullptr : &*found;
}

void recall(ComponentFacts& facts, const state::ComponentRecord& record) {
    facts.approved = base::parse_digest_name(record.approved);
    facts.activated = base::parse_digest_name(record.activated);
    facts.activating = base::parse_digest_name(record.activating);
    for (const auto& name : record.quarantined)
        if (const auto digest = base::parse_digest_name(name)) facts.quarantined.insert(*digest);
}

std::optional<Digest> expected(const ComponentFacts& component) {
    const auto& approved = component.approved;
    return approved && !component.quarantined.contains(*approved) ? approved : component.activated;
}

const ServiceFacts* Facts::service(std::string_view name) const {
    const auto found = std::ranges::find(services, name, &ServiceFacts::name);
    return found == services.end() ? nullptr : &*found;
}

std::string_view name(Step::Do what) {
    switch (what) {
    case Step::Do::inspect:
        return "inspect";
    case Step::Do::fetch:
        return "fetch";
    case Step::Do::stage:
        return "stage";
    case Step::Do::activate:
        return "activate";
    case Step::Do::start:
        return "start";
    case Step::Do::hold_back:
        return "hold back";
    }
    return "?";
}

std::optional<Digest> desired(const ComponentFacts& component) {
    if (!component.approved) return component.activated;
    if (!component.quarantined.contains(*component.approved)) return component.approved;
    return component.installed;
}

std::string why_not_startable(const Facts& facts, const ServiceFacts& service) {
    using Member = std::optional<Digest> ComponentFacts::*;
    const auto all_are = [&](Member which) {
        return std::ranges::all_of(service.components, [&](const auto& name) {
            const auto* c = facts.component(name);
            return c != nullptr && c->installed && c->installed == c->*which &&
                   !c->quarantined.contains(*c->installed);
        });
    };
    if (all_are(&ComponentFacts::approved) || all_are(&ComponentFacts::activated) ||
        all_are(&ComponentFacts::activating))
        return {};
    for (const auto& name : service.components) {
        const auto* c = facts.component(name);
        if (c == nullptr || !c->inspected) return name + " is not inspected yet";
        if (!c->installed) return name + " is not installed yet";
        if (c->installed != c->approved && c->installed != c->activated)
            return fmt::format("{} is not an approved file: its digest is {}", name,
                               short_hex(c->installed));
    }
    return "its files are not all of one approved set";
}

Plan make_plan(const Facts& facts, base::Monotonic now) {
    Plan plan;
    for (const auto& component : facts.components) plan_component(component, now, plan);
    for (const auto& group : groups_of(facts)) plan_group(facts, group, now, plan);
    return plan;
}

} // namespace cmw::reconcile
