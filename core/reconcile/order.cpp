// SPDX-License-Identifier: Apache-2.0
#include "reconcile/order.hpp"

#include "reconcile/component_plan.hpp"

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

Result<Taken> pin(ComponentFacts& c, const std::string& hex) {
    const auto digest = base::parse_digest(hex, algorithm_of(c));
    if (!digest || digest->all_zero())
        return refuse(
            c, fmt::format("cannot pin '{}': it is no {} digest", hex, algorithm_of(c)),
            "give all of its hexadecimal digits, as 'cmix-wrapper digest FILE' prints it");
    Taken taken{"pinned", c.installed, digest, {}};
    c.orders.pinned = digest;
    c.orders.returned.reset();
    c.quarantined.erase(*digest);
    taken.text = fmt::format("{} is pinned to {}, whatever consensus approves; 'unpin' ends it",
                             c.name, digest->hex());
    return taken;
}

Result<Taken> unpin(ComponentFacts& c) {
    if (!c.orders.pinned) return refuse(c, "cannot unpin it: it is not pinned", "");
    Taken taken{"unpinned", c.orders.pinned, {}, {}};
    c.orders.pinned.reset();
    taken.to = desired(c);
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
    return Taken{"held",
                 {},
                 c.activated,
                 fmt::format("{} is held at {}, whatever consensus approves; 'release' ends it",
                             c.name, c.activated->hex())};
}

Result<Taken> release(ComponentFacts& c) {
    Taken taken{"released", c.orders.held, {}, {}};
    c.orders.held.reset();
    c.orders.returned.reset();
    c.quarantined.clear();
    taken.to = desired(c);
    taken.text = c.orders.pinned ? fmt::format("{} is still pinned to {}: see 'unpin'", c.name,
                                               short_hex(c.orders.pinned))
                                 : fmt::format("{} follows consensus: {} is approved, nothing is "
                                               "quarantined",
                                               c.name, short_hex(c.approved));
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

Result<Taken> roll_back(ComponentFacts& c, const std::string& wish) {
    if (c.busy == Busy::activating)
        return refuse(c, "cannot roll it back: it is being changed just now",
                      "try again in a moment");
    if (!c.activated)
        return refuse(c, "cannot roll it back: nothing is in use yet", "pin a digest instead");
    const auto target = target_of(c, wish);
    if (!target) return tl::unexpected(target.error());
    if (*target == *c.activated)
        return refuse(c, "cannot roll it back to " + short_hex(*target) + ": it is in use",
                      shown(ways_back(c)));
    Taken taken{"rollback-ordered", c.activated, *target, {}};
    c.quarantined.insert(*c.activated);
    c.quarantined.erase(*target);
    c.orders.pinned.reset();
    (c.orders.held ? c.orders.held : c.orders.returned) = *target;
    taken.text = fmt::format("{} goes back to {}; {} is quarantined until consensus approves "
                             "another, or 'release'",
                             c.name, target->hex(), short_hex(c.activated));
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
    return Taken{"agreed", c.installed, want,
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

Result<Taken> take(ComponentFacts& c, const ComponentOrder& order) {
    const auto carry_out = [&]() -> Result<Taken> {
        switch (order.what) {
        case What::pin:
            return pin(c, order.digest);
        case What::unpin:
            return unpin(c);
        case What::hold:
            return hold(c);
        case What::release:
            return release(c);
        case What::rollback:
            return roll_back(c, order.digest);
        case What::approve:
            break;
        }
        return approve(c);
    };
    auto taken = carry_out();
    if (taken) try_again(c);
    return taken;
}

} // namespace cmw::reconcile
