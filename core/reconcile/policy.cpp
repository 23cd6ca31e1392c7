// SPDX-License-Identifier: Apache-2.0
#include "reconcile/policy.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::UnixTime;
using config::Activate;
using config::ActivationSettings;

namespace {

bool says_something(const ActivationSettings& policy) {
    return policy.when || policy.spread > base::Nanoseconds::zero();
}

base::Nanoseconds part(base::Nanoseconds whole, double share) {
    return base::Nanoseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * share));
}

Gate closed_until(UnixTime time, const std::string& why) {
    return {false, fmt::format("{}: not before {}", why, base::to_rfc3339(time)), time};
}

Gate window_gate(const ActivationSettings& policy, UnixTime approved_at, double share,
                 UnixTime now) {
    auto opening = base::next_opening(policy.windows, now);
    for (int i = 0; opening && i < 2; ++i) {
        // A spread longer than the window would leave some hosts out for ever.
        const auto delay = part(std::min(policy.spread, opening->until - opening->from), share);
        const auto seen = approved_at > now ? opening->from : approved_at;
        const auto time = std::max(opening->from, seen) + delay;
        if (time <= now) return {};
        if (time < opening->until) return closed_until(time, "it waits for its window");
        opening = base::next_opening(policy.windows, opening->until);
    }
    return {false, "it waits for a window, and none comes", std::nullopt};
}

/// Whether a service is down that what is at hand of the set in use cannot bring up.
bool is_missed(const Facts& facts, const ServiceFacts& service) {
    using supervisor::ServiceState;
    const bool up =
        service.state == ServiceState::running || service.state == ServiceState::starting;
    if (up || !service.wanted || why_not_startable(facts, service).empty()) return false;
    return std::ranges::any_of(service.components, [&](const auto& name) {
        const auto* c = facts.component(name);
        return c != nullptr &&
               (!c->activated || (c->installed != c->activated && c->staged != c->activated &&
                                  !c->stored.contains(*c->activated)));
    });
}

/// Both must be open.
Gate both(const Gate& a, const Gate& b) {
    if (a.open) return b;
    if (b.open || !a.opens_at) return a;
    return !b.opens_at || *b.opens_at > *a.opens_at ? b : a;
}

} // namespace

Gate gate_of(const ActivationSettings& policy, const std::string& component, UnixTime approved_at,
             double share, UnixTime now) {
    switch (policy.when.value_or(Activate::at_once)) {
    case Activate::manual:
        return {false, fmt::format("it waits for 'cmix-wrapper approve {}'", component),
                std::nullopt};
    case Activate::window:
        return window_gate(policy, approved_at, share, now);
    case Activate::at_once:
        break;
    }
    const auto time = approved_at + part(policy.spread, share);
    const bool clock_was_set_back = approved_at > now;
    if (time <= now || clock_was_set_back) return {};
    return closed_until(time, fmt::format("it waits a part of its spread of {}",
                                          base::format_duration(policy.spread)));
}

double share_of(const std::string& seed, const Digest& digest) {
    base::Hasher hasher(base::default_algorithm);
    const auto text = seed + digest.name();
    hasher.update(std::as_bytes(std::span(text)));
    double share = 0;
    const auto hash = hasher.finish();
    for (std::size_t i = 4; i-- > 0;) share = (share + hash.bytes[i]) / 256;
    return share;
}

bool waits_for_policy(const ComponentFacts& c) {
    const auto want = desired(c);
    const bool ordered = c.orders.pinned || c.orders.held || c.orders.returned;
    return want && want == c.approved && !ordered && c.activated && want != c.activated &&
           want != c.orders.agreed && want != c.activating;
}

Gate gate_of(const Facts& facts, std::span<const std::size_t> components,
             std::span<const std::size_t> services, const Now& now) {
    Gate gate;
    const auto pass = [&](const ComponentFacts& c, const ActivationSettings& policy) {
        const auto share = share_of(facts.seed, *c.approved);
        gate = both(gate, gate_of(policy, c.name, c.approved_at, share, now.unix));
    };
    for (const auto i : components) {
        const auto& c = facts.components[i];
        if (!waits_for_policy(c)) continue;
        if (says_something(c.activation)) {
            pass(c, c.activation);
            continue;
        }
        for (const auto s : services)
            if (std::ranges::count(facts.services[s].components, c.name) != 0)
                pass(c, facts.services[s].activation);
    }
    const bool missed = std::ranges::any_of(
        services, [&](const auto s) { return is_missed(facts, facts.services[s]); });
    return missed ? Gate{} : gate;
}

std::optional<Digest> place_of(const ComponentFacts& c, const Gate& gate) {
    return gate.open || !waits_for_policy(c) ? desired(c) : c.activated;
}

} // namespace cmw::reconcile
