// SPDX-License-Identifier: Apache-2.0
#include "reconcile/plan.hpp"

#include "reconcile/component_plan.hpp"
#include "reconcile/group_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::reconcile {

std::string_view name(Step::Do what) {
    switch (what) {
    case Step::Do::inspect:
        return "inspect";
    case Step::Do::fetch:
        return "fetch";
    case Step::Do::fetch_ahead:
        return "fetch ahead";
    case Step::Do::stage:
        return "stage";
    case Step::Do::activate:
        return "activate";
    case Step::Do::start:
        return "start";
    case Step::Do::hold_back:
        return "hold back";
    case Step::Do::stop:
        return "stop";
    }
    return "?";
}

std::optional<Digest> asked(const ComponentFacts& c) {
    for (const auto& wish : {c.orders.pinned, c.orders.held, c.orders.returned, c.approved})
        if (wish) return wish;
    return std::nullopt;
}

namespace {

/// What stays, or comes back, when nothing else is asked for that may be used.
std::optional<Digest> fallback(const ComponentFacts& c) {
    const auto fit = [&c](const Digest& digest) { return !c.quarantined.contains(digest); };
    if (c.activated && fit(*c.activated)) return c.activated;
    const bool was_put_back =
        c.installed && fit(*c.installed) && std::ranges::count(c.previous, *c.installed) != 0;
    if (was_put_back || c.installed == c.activated) return c.installed;
    const auto earlier = std::ranges::find_if(c.previous, fit);
    return earlier == c.previous.end() ? std::nullopt : std::optional(*earlier);
}

/// When the gate opens, in the time that timers know. Clocks are set: it is looked at again soon.
void note_opening(const Gate& gate, const Now& now, Plan& plan) {
    if (gate.open || !gate.opens_at) return;
    constexpr base::Nanoseconds longest = std::chrono::hours(1);
    const auto then = now.monotonic + std::min(*gate.opens_at - now.unix, longest);
    plan.again_at = std::min(plan.again_at.value_or(then), then);
}

} // namespace

std::optional<Digest> desired(const ComponentFacts& c) {
    const auto wish = asked(c);
    return wish && !c.quarantined.contains(*wish) ? wish : fallback(c);
}

std::optional<Digest> expected(const ComponentFacts& c) {
    const auto want = desired(c);
    return want ? want : c.activated;
}

std::string why_not_startable(const Facts& facts, const ServiceFacts& service) {
    using Which = std::optional<Digest> (*)(const ComponentFacts&);
    const auto all_are = [&](Which which) {
        return std::ranges::all_of(service.components, [&](const auto& name) {
            const auto* c = facts.component(name);
            return c != nullptr && c->installed && c->installed == which(*c);
        });
    };
    const auto activated = [](const ComponentFacts& c) { return c.activated; };
    const auto activating = [](const ComponentFacts& c) {
        const bool fit = c.activating && !c.quarantined.contains(*c.activating);
        return fit ? c.activating : c.activated;
    };
    if (all_are(&desired) || all_are(activated) || all_are(activating)) return {};
    for (const auto& name : service.components) {
        const auto* c = facts.component(name);
        if (c == nullptr || !c->inspected) return name + " is not inspected yet";
        if (!c->installed) return name + " is not installed yet";
        if (c->installed != desired(*c) && c->installed != c->activated)
            return fmt::format("{} is not an approved file: its digest is {}", name,
                               short_hex(c->installed));
    }
    return "its files are not all of one approved set";
}

Plan make_plan(const Facts& facts, const Now& now) {
    Plan plan;
    const auto groups = groups_of(facts);
    std::vector<Gate> gates;
    for (const auto& group : groups)
        gates.push_back(gate_of(facts, group.components, group.services, now));
    for (std::size_t i = 0; i < groups.size(); ++i)
        for (const auto component : groups[i].components)
            plan_component(facts.components[component], gates[i], now, plan);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        note_opening(gates[i], now, plan);
        plan_group(facts, groups[i], gates[i], now, plan);
    }
    return plan;
}

} // namespace cmw::reconcile
