// SPDX-License-Identifier: Apache-2.0
//
// When a newly approved set may take its place, and what goes on meanwhile.
#include "reconcile/policy.hpp"

#include "facts_builder.hpp"

using namespace cmw::test;
using cmw::base::UnixTime;
using cmw::config::Activate;
using cmw::config::ActivationSettings;
using cmw::supervisor::ServiceState;
using namespace std::chrono_literals;

namespace {

ActivationSettings manual() {
    return {Activate::manual, {}, {}};
}
ActivationSettings window(const std::string& text, std::chrono::nanoseconds spread = {}) {
    return {Activate::window, {*cmw::base::parse_window(text)}, spread};
}

/// A minute of 2026-11-21, a Saturday.
UnixTime saturday(int hour, int minute = 0) {
    return UnixTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) +
           std::chrono::hours(hour) + std::chrono::minutes(minute);
}

/// A new version is approved and staged: only the policy is between it and its place.
Facts ready_to_go(const ActivationSettings& policy) {
    auto facts = settled();
    auto& server = facts.components[0];
    server.approved = server.staged = new_one;
    server.stored = {old_one, new_one};
    server.approved_at = now.unix;
    server.activation = policy;
    return facts;
}

} // namespace

TEST_CASE("gates of policies, over time") {
    struct Case {
        const char* what;
        ActivationSettings policy;
        double share;
        UnixTime approved_at, now;
        bool open;
        std::optional<UnixTime> opens_at;
    };
    const ActivationSettings at_once{Activate::at_once, {}, {}};
    const ActivationSettings spread{std::nullopt, {}, 60min};
    const auto at = [](int hour, int minute = 0) { return std::optional(saturday(hour, minute)); };
    for (const auto& [what, policy, share, approved_at, when, open, opens_at] : std::vector<Case>{
             {"at once", at_once, 0.9, saturday(1), saturday(1), true, {}},
             {"nothing said", {}, 0.9, saturday(1), saturday(1), true, {}},
             {"manual", manual(), 0, saturday(1), saturday(23), false, {}},
             {"spread, early", spread, 0.5, saturday(1), saturday(1, 29), false, at(1, 30)},
             {"spread, over", spread, 0.5, saturday(1), saturday(1, 30), true, {}},
             {"spread, none of it", spread, 0, saturday(1), saturday(1), true, {}},
             {"the clock was set back", spread, 0.9, saturday(5), saturday(1), true, {}},
             {"approved by an older host", spread, 0.9, {}, saturday(1), true, {}},
             {"window, before", window("Sat 02:00-04:00"), 0, saturday(1), saturday(1), false,
              at(2)},
             {"window, in it", window("Sat 02:00-04:00"), 0, saturday(1), saturday(2), true, {}},
             {"window, its last minute",
              window("Sat 02:00-04:00"),
              0,
              saturday(1),
              saturday(3, 59),
              true,
              {}},
             {"window, after", window("Sat 02:00-04:00"), 0, saturday(1), saturday(4), false,
              saturday(2) + std::chrono::days(7)},
             {"window over midnight",
              window("Fri 23:00-01:00"),
              0,
              saturday(-5),
              saturday(0, 59),
              true,
              {}},
             {"spread in a window", window("Sat 02:00-04:00", 60min), 0.5, saturday(1), saturday(2),
              false, at(2, 30)},
             {"spread in a window, over",
              window("Sat 02:00-04:00", 60min),
              0.5,
              saturday(1),
              saturday(2, 30),
              true,
              {}},
             {"approved while it is open", window("Sat 02:00-04:00", 60min), 0.5, saturday(3),
              saturday(3), false, at(3, 30)},
             {"approved too late for its delay", window("Sat 02:00-04:00", 60min), 0.5,
              saturday(3, 45), saturday(3, 45), false, saturday(2, 30) + std::chrono::days(7)},
             {"a spread longer than the window", window("Sat 02:00-04:00", 24h), 0.5, saturday(1),
              saturday(2), false, at(3)},
         }) {
        CAPTURE(what);
        const auto gate = gate_of(policy, "server", approved_at, share, when);
        CHECK(gate.open == open);
        CHECK(gate.opens_at == opens_at);
        CHECK(gate.reason.empty() == open);
    }
}

TEST_CASE("the share of a delay is this host's own, the same over restarts, and spread evenly") {
    CHECK(share_of("a", old_one) == share_of("a", old_one));
    CHECK(share_of("a", old_one) != share_of("b", old_one));
    CHECK(share_of("a", old_one) != share_of("a", new_one));
    int low = 0;
    for (int host = 0; host < 1000; ++host) {
        const auto share = share_of(std::to_string(host), new_one);
        CHECK(share >= 0);
        CHECK(share < 1);
        low += share < 0.5 ? 1 : 0;
    }
    CHECK(low > 400);
    CHECK(low < 600);
}

TEST_CASE("a set that waits for its policy is brought up to its place and no further") {
    auto facts = ready_to_go(manual());
    CHECK(steps(facts).empty());
    CHECK(view(facts).state == "staged");
    CHECK(view(facts).reason == "it waits for 'cmix-wrapper approve server'");
    CHECK(view(facts).desired == new_one);
    facts.components[0].staged.reset();
    CHECK(steps(facts) == Steps{"stage server"});
    facts.components[0].stored.clear();
    CHECK(steps(facts) == Steps{"fetch server"});
}

TEST_CASE("approve lets exactly the version go that waits") {
    auto facts = ready_to_go(manual());
    facts.components[0].orders.agreed = new_one;
    CHECK(steps(facts) == Steps{"activate "});
    facts.components[0].orders.agreed = old_one;
    CHECK(steps(facts).empty());
}

TEST_CASE("the planner is asked again when a window opens, and hourly before: clocks are set") {
    auto facts = ready_to_go(window("Sat 02:00-04:00"));
    facts.components[0].approved_at = saturday(1, 30);
    CHECK(make_plan(facts, {now.monotonic, saturday(1, 30)}).again_at == now.monotonic + 30min);
    CHECK(make_plan(facts, {now.monotonic, saturday(0)}).again_at == now.monotonic + 1h);
    CHECK(steps(facts, {now.monotonic, saturday(1, 30)}).empty());
    CHECK(steps(facts, {now.monotonic, saturday(2)}) == Steps{"activate "});
}

TEST_CASE("a component's own policy counts, else all those of the services that use it") {
    auto facts = ready_to_go({});
    facts.services[0].activation = manual();
    CHECK(steps(facts).empty());
    facts.components[0].activation = {Activate::at_once, {}, {}};
    CHECK(steps(facts) == Steps{"activate "});
    facts.components[0].activation = {};
    facts.services[0].activation = {};
    facts.services.push_back(service("helper", {"server"}));
    facts.services[1].activation = manual();
    CHECK(steps(facts).empty());
}

TEST_CASE("a set goes when the last of its gates is open") {
    auto facts = ready_to_go(manual());
    facts.components.push_back(component("libpow"));
    facts.components[1].approved = facts.components[1].staged = new_one;
    facts.services[0] = service("cmix", {"server", "libpow"});
    CHECK(steps(facts).empty());
    facts.components[0].orders.agreed = new_one;
    REQUIRE(make_plan(facts, now).steps.size() == 1);
    CHECK(make_plan(facts, now).steps[0].changes.size() == 2);
}

TEST_CASE("while a set waits, what is in use is started and repaired as ever") {
    auto facts = ready_to_go(manual());
    facts.services[0].state = ServiceState::stopped; // It crashed: no window delays that.
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.components[0].installed = forged;
    CHECK(steps(facts) == Steps{"stage server", "hold back cmix"});
    CHECK(make_plan(facts, now).steps[0].digest == old_one);
    facts.components[0].staged = old_one;
    auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].changes == std::map<std::string, Digest>{{"server", old_one}});
}

TEST_CASE("a service that is down for want of a binary gets the new one at once") {
    auto facts = ready_to_go(manual());
    auto& server = facts.components[0];
    facts.services[0].state = ServiceState::waiting;
    server.installed.reset();
    SUBCASE("what was in use is nowhere at hand") {
        server.stored = {new_one};
        CHECK(steps(facts) == Steps{"activate "});
        facts.services[0].wanted = false; // The operator stopped it: nothing is missed.
        CHECK(steps(facts) == Steps{"fetch server"});
    }
    SUBCASE("nothing was ever in use") {
        server.activated.reset();
        CHECK(steps(facts) == Steps{"activate "});
    }
    SUBCASE("what was in use can be put back") {
        CHECK(steps(facts) == Steps{"stage server", "hold back cmix"});
        CHECK(make_plan(facts, now).steps[0].digest == old_one);
    }
}

TEST_CASE("an activation that a kill cut short is completed, though its window is over") {
    auto facts = ready_to_go(window("Sat 02:00-04:00"));
    facts.components.push_back(component("libpow"));
    facts.services[0] = service("cmix", {"server", "libpow"});
    facts.services[0].state = ServiceState::stopped;
    for (auto& c : facts.components) {
        c.approved = c.activating = new_one;
        c.activation = window("Sat 02:00-04:00");
    }
    facts.components[0].installed = new_one; // Swapped; the other one not yet.
    facts.components[0].staged.reset();
    facts.components[1].staged = new_one;
    const Now late{now.monotonic, saturday(12)};
    REQUIRE(make_plan(facts, late).steps.size() == 1);
    CHECK(make_plan(facts, late).steps[0].changes ==
          std::map<std::string, Digest>{{"libpow", new_one}});
}

TEST_CASE("what the operator ordered waits for no policy, and no other component with it") {
    auto facts = ready_to_go(manual());
    facts.components[0].orders.pinned = new_one;
    CHECK(steps(facts) == Steps{"activate "});
    facts = ready_to_go(manual());
    facts.components.push_back(component("libpow"));
    facts.services[0] = service("cmix", {"server", "libpow"});
    facts.components[1].orders.pinned = facts.components[1].staged = digest('p');
    REQUIRE(make_plan(facts, now).steps.size() == 1);
    CHECK(make_plan(facts, now).steps[0].changes ==
          std::map<std::string, Digest>{{"libpow", digest('p')}});
}
