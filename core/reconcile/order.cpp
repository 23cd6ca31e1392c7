// SPDX-License-Identifier: Apache-2.0
#include "reconcile/order.hpp"

#include "reconcile/component_plan.hpp"
#include "reconcile/quarantine.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Problem;
using base::Result;
using What = ComponentOrder::What;

namespace {

constexpr std::array<std::string_view, 6> order_names{"pin",     "unpin",    "hold",
                                                      "release", "rollback", "approve"};
constexpr std::size_t shortest_prefix = 6;

tl::unexpected<Problem> refuse(const ComponentFacts& c, std::string what, std::string fix) {
    return base::fail("component." + c.name, std::move(what), std::move(fix));
}

/// What an order changes is tried at once.
void try_again(ComponentFacts& c) {
    c.not_before = c.ahead_not_before = {};
    c.problem.clear();
}

std::string algorithm_of(const ComponentFacts& c) {
    const auto& model = c.approved ? c.approved : c.activated;
    return model ? model->algorithm : std::string(base::default_algorithm);
}

ComponentFacts& named(Facts& facts, const std::string& name) {
    return *std::ranges::find(facts.components, name, &ComponentFacts::name);
}

/// Those of `others` that are not told yet are out of quarantine, or of a roll-back.
void add_released(Taken& taken, Facts& facts, const std::set<std::string>& others) {
    for (const auto& name : others)
        if (std::ranges::count(taken.changes, name, &Taken::Change::component) == 0)
            taken.changes.push_back({name, "released", {}, desired(named(facts, name))});
}

Result<Taken> pin(Facts& facts, ComponentFacts& c, const std::string& hex) {
    const auto digest = base::parse_digest(hex, algorithm_of(c));
    if (!digest || digest->all_zero())
        return refuse(
            c, fmt::format("cannot pin '{}': it is no {} digest", hex, algorithm_of(c)),
            "give all of its hexadecimal digits, as 'cmix-wrapper digest FILE' prints it");
    Taken taken{{{c.name, "pinned", c.installed, digest}}, {}};
    c.orders.pinned = digest;
    c.orders.returned.reset();
    add_released(taken, facts, end_quarantine(facts, c.name, *digest));
    taken.text = fmt::format("{} is pinned to {}, whatever consensus approves; 'unpin' ends it",
                             c.name, digest->hex());
    return taken;
}

/// What failed together with the pinned one has not failed with what comes now.
Result<Taken> unpin(Facts& facts, ComponentFacts& c) {
    if (!c.orders.pinned) return refuse(c, "cannot unpin it: it is not pinned", "");
    Taken taken{{{c.name, "unpinned", c.orders.pinned, {}}}, {}};
    const auto released = end_quarantine(facts, c.name, *c.orders.pinned);
    c.orders.pinned.reset();
    taken.changes[0].to = desired(c);
    add_released(taken, facts, released);
    taken.text = c.orders.held ? fmt::format("{} is held at {}", c.name, short_hex(c.orders.held))
                               : fmt::format("{} follows consensus again: {} is approved", c.name,
                                             short_hex(c.approved));
    return taken;
}

Result<Taken> hold(ComponentFacts& c) {
    if (c.orders.pinned)
        return refuse(c, "cannot hold it: it is pinned, which holds it already",
                      "unpin it first, if consensus may change it again one day");
    if (!c.activated)
        return refuse(c, "cannot hold it: no approved file is in use yet",
                      "wait until it is installed, or pin a digest");
    const bool returning = c.orders.returned && c.orders.returned != c.activated;
    if (returning || c.busy == Busy::activating)
        return refuse(c, "cannot hold it: it is being changed just now", "try again in a moment");
    c.orders.held = c.activated;
    return Taken{{{c.name, "held", {}, c.activated}},
                 fmt::format("{} is held at {}, whatever consensus approves; 'release' ends it",
                             c.name, c.activated->hex())};
}

Result<Taken> release(Facts& facts, ComponentFacts& c) {
    Taken taken{{{c.name, "released", c.orders.held, {}}}, {}};
    c.orders.held.reset();
    c.orders.returned.reset();
    const auto released = end_quarantine(facts, c.name);
    taken.changes[0].to = desired(c);
    add_released(taken, facts, released);
    taken.text = c.orders.pinned ? fmt::format("{} is still pinned to {}: see 'unpin'", c.name,
                                               short_hex(c.orders.pinned))
                                 : fmt::format("{} follows consensus: {} is approved, nothing is "
                                               "quarantined",
                                               c.name, short_hex(c.approved));
    for (std::size_t i = 1; i < taken.changes.size(); ++i)
        taken.text += fmt::format("; {} was quarantined with it, and is to be {}",
                                  taken.changes[i].component, short_hex(taken.changes[i].to));
    return taken;
}

std::string shown(const std::vector<Digest>& digests) {
    std::string text;
    for (const auto& digest : digests) text += (text.empty() ? "" : ", ") + digest.hex();
    return text.empty() ? "there is none to go back to" : "there are: " + text;
}

/// The digest that `wish` names: whole, or the first digits of one that is known.
Result<Digest> target_of(const ComponentFacts& c, const std::string& wish) {
    const auto known = ways_back(c);
    if (wish.empty()) {
        const auto previous = std::ranges::find_if(
            c.previous, [&c](const auto& digest) { return !c.quarantined.contains(digest); });
        if (previous != c.previous.end()) return *previous;
        return refuse(c, "cannot roll it back: no earlier version is known",
                      known.empty() ? "pin a digest or a file instead"
                                    : "name one with --to; " + shown(known));
    }
    if (const auto whole = base::parse_digest(wish, algorithm_of(c))) return *whole;
    const auto matches = [&wish](const Digest& digest) { return digest.hex().starts_with(wish); };
    const auto found = std::ranges::find_if(known, matches);
    if (wish.size() < shortest_prefix || found == known.end())
        return refuse(c, fmt::format("cannot find a version '{}' to roll back to", wish),
                      shown(known));
    if (std::ranges::count_if(known, matches) > 1)
        return refuse(c, fmt::format("cannot tell which version '{}' is", wish), shown(known));
    return *found;
}

/// Where a roll-back goes, by component: the one it was ordered of with those that go with it.
struct WayBack {
    std::map<std::string, Digest> targets;
    std::string staying; ///< In words: what was activated together with it and does not go along.
};

/// A digest in quarantine comes back with the set that it was quarantined with. To the one before go
/// all that left theirs together. Of any other nothing is known but itself.
WayBack way_back(Facts& facts, const ComponentFacts& c, const Digest& target) {
    const auto quarantined = c.quarantined.find(target);
    WayBack way;
    way.targets.emplace(c.name, target);
    if (quarantined != c.quarantined.end())
        for (const auto& [name, digest] : quarantined->second.set)
            if (facts.component(name) != nullptr) way.targets.emplace(name, digest);
    const auto before = target_of(c, {});
    for (const auto& member : facts.components) {
        const bool together = member.name != c.name && !way.targets.contains(member.name) &&
                              c.together.contains(member.name) && member.together == c.together;
        if (!together) continue;
        const auto own = target_of(member, {});
        if (before && *before == target && own) {
            way.targets.emplace(member.name, *own);
            continue;
        }
        way.staying +=
            fmt::format("; {} was activated together with it and stays at {}: {}", member.name,
                        short_hex(member.activated),
                        own ? "what belongs to that version of " + c.name + " is not known"
                            : "no earlier version of it is known");
    }
    // What is there already does not move.
    std::erase_if(way.targets, [&](const auto& entry) {
        const auto& member = *facts.component(entry.first);
        return entry.first != c.name && (!member.activated || member.activated == entry.second);
    });
    return way;
}

/// For who ordered it.
std::string moves(const std::map<std::string, Digest>& targets, const std::string& first) {
    auto text = fmt::format("{} goes back to {}", first, targets.at(first).hex());
    for (const auto& [name, digest] : targets)
        if (name != first) text += fmt::format(", {} with it to {}", name, digest.hex());
    return text;
}

Result<Taken> roll_back(Facts& facts, ComponentFacts& c, const std::string& wish) {
    const auto busy = [](const ComponentFacts& member) {
        return refuse(member, "cannot roll it back: it is being changed just now",
                      "try again in a moment");
    };
    if (c.busy == Busy::activating) return busy(c);
    if (!c.activated)
        return refuse(c, "cannot roll it back: nothing is in use yet", "pin a digest instead");
    const auto target = target_of(c, wish);
    if (!target) return tl::unexpected(target.error());
    if (*target == *c.activated)
        return refuse(c, "cannot roll it back to " + short_hex(*target) + ": it is in use",
                      shown(ways_back(c)));
    const auto way = way_back(facts, c, *target);
    std::map<std::string, Digest> left;
    for (const auto& [name, to] : way.targets) {
        const auto& member = named(facts, name);
        if (member.busy == Busy::activating) return busy(member);
        left.emplace(name, *member.activated);
    }
    std::set<std::string> released;
    for (const auto& [name, to] : way.targets) released.merge(end_quarantine(facts, name, to));
    quarantine(facts, left, Quarantine::Cause::rolled_back);
    Taken taken{{{c.name, "rollback-ordered", c.activated, *target}}, {}};
    for (const auto& [name, to] : way.targets) {
        auto& member = named(facts, name);
        member.orders.pinned.reset();
        (member.orders.held ? member.orders.held : member.orders.returned) = to;
        if (name != c.name)
            taken.changes.push_back({name, "rollback-ordered", member.activated, to});
    }
    add_released(taken, facts, released);
    taken.text = fmt::format(
        "{}; {} quarantined until consensus approves another, or 'release'{}",
        moves(way.targets, c.name),
        left.size() == 1 ? short_hex(c.activated) + " is" : "what they leave is", way.staying);
    return taken;
}

Result<Taken> approve(ComponentFacts& c) {
    const auto want = desired(c);
    const bool waits = want && c.installed != want && c.orders.agreed != want &&
                       want == c.approved && !c.orders.pinned && !c.orders.held;
    if (!waits)
        return refuse(c, "cannot approve anything: no new version waits for it",
                      "see 'cmix-wrapper status'");
    c.orders.agreed = want;
    return Taken{{{c.name, "agreed", c.installed, want}},
                 fmt::format("{} may be activated now: {}", c.name, want->hex())};
}

} // namespace

std::string_view name(What what) {
    return order_names.at(static_cast<std::size_t>(what));
}

std::optional<What> parse_order(std::string_view name) {
    const auto found = std::ranges::find(order_names, name);
    if (found == order_names.end()) return std::nullopt;
    return static_cast<What>(found - order_names.begin());
}

std::vector<Digest> ways_back(const ComponentFacts& c) {
    std::vector<Digest> all;
    const auto add = [&](const Digest& digest) {
        if (digest != c.activated && std::ranges::count(all, digest) == 0) all.push_back(digest);
    };
    for (const auto& digest : c.previous) add(digest);
    return all;
}

Result<Taken> take(Facts& facts, const std::string& component, const ComponentOrder& order) {
    auto& c = named(facts, component);
    const auto carry_out = [&]() -> Result<Taken> {
        switch (order.what) {
        case What::pin:
            return pin(facts, c, order.digest);
        case What::unpin:
            return unpin(facts, c);
        case What::hold:
            return hold(c);
        case What::release:
            return release(facts, c);
        case What::rollback:
            return roll_back(facts, c, order.digest);
        case What::approve:
            break;
        }
        return approve(c);
    };
    auto taken = carry_out();
    if (taken)
        for (const auto& change : taken->changes) try_again(named(facts, change.component));
    return taken;
}

} // namespace cmw::reconcile
