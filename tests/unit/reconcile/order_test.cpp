// SPDX-License-Identifier: Apache-2.0
//
// What an operator orders of a component, and the plan that follows from it.
#include "reconcile/order.hpp"

#include "facts_builder.hpp"

using namespace cmw::test;
using cmw::supervisor::ServiceState;
using What = ComponentOrder::What;

namespace {

const auto pinned_one = digest('p');

/// Of the component that it was ordered of; nothing else changes.
Taken::Change taken(Facts& facts, What what, const std::string& digest = {}) {
    const auto result = take(facts, "server", {what, digest, {}});
    REQUIRE_MESSAGE(result, (result ? "" : cmw::base::to_string(result.error())));
    CHECK(result->changes.size() == 1);
    CHECK(result->changes[0].component == "server");
    return result->changes[0];
}

std::string refused(Facts facts, What what, const std::string& digest = {}) {
    const auto before = facts.components[0];
    const auto result = take(facts, "server", {what, digest, {}});
    REQUIRE_FALSE(result);
    CHECK(result.error().what.starts_with("cannot"));
    CHECK(facts.components[0].orders == before.orders); // What is refused changes nothing.
    CHECK(facts.components[0].quarantined == before.quarantined);
    return result.error().what + "; " + result.error().fix;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Upgraded from the old one to the new one, which runs.
Facts upgraded() {
    auto facts = settled();
    auto& server = facts.components[0];
    note_approved(facts, server, new_one, now.unix);
    note_activated(server, new_one);
    server.installed = new_one;
    server.stored = {old_one, new_one};
    facts.services[0].runs["server"] = new_one;
    return facts;
}

} // namespace

TEST_CASE("orders have the names of their commands") {
    for (const auto what :
         {What::pin, What::unpin, What::hold, What::release, What::rollback, What::approve})
        CHECK(parse_order(name(what)) == what);
    CHECK(name(What::rollback) == "rollback");
    CHECK_FALSE(parse_order("dance"));
}

TEST_CASE("a pin is used whatever consensus approves, until unpin") {
    auto facts = settled();
    const auto answer = taken(facts, What::pin, pinned_one.hex());
    CHECK(answer.event == "pinned");
    CHECK(answer.from == old_one);
    CHECK(answer.to == pinned_one);
    CHECK(steps(facts) == Steps{"fetch server"});
    auto& server = facts.components[0];
    server.stored = {pinned_one};
    CHECK(steps(facts) == Steps{"stage server"});
    server.staged = pinned_one;
    CHECK(steps(facts) == Steps{"activate "});
    note_activated(server, pinned_one);
    server.installed = pinned_one;
    server.staged.reset();
    facts.services[0].runs["server"] = pinned_one;
    note_approved(facts, server, new_one, now.unix);
    CHECK(steps(facts) == Steps{"fetch ahead server"}); // Known and ready, and not used.
    CHECK(view(facts).state == "current");
    CHECK(contains(view(facts).reason, "is approved, and not used"));
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"fetch ahead server", "start cmix"});
    CHECK(taken(facts, What::unpin).to == new_one);
    CHECK(steps(facts) == Steps{"fetch server", "start cmix"});
    CHECK(contains(refused(facts, What::unpin), "it is not pinned"));
}

TEST_CASE("a pin must be a whole digest") {
    for (const auto* hex : {"", "abc", "0x", "zz"})
        CHECK(contains(refused(settled(), What::pin, hex), "it is no blake2s-256 digest"));
    CHECK(contains(refused(settled(), What::pin, std::string(64, '0')), "no blake2s-256 digest"));
    auto facts = settled();
    CHECK(taken(facts, What::pin, "0x" + pinned_one.hex()).to == pinned_one);
}

TEST_CASE("a pin that did not work is not tried again, until it is pinned again") {
    auto facts = settled();
    taken(facts, What::pin, pinned_one.hex());
    fail(facts, pinned_one);
    facts.components[0].stored = {pinned_one};
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "quarantined");
    taken(facts, What::pin, pinned_one.hex());
    CHECK(steps(facts) == Steps{"stage server"});
}

TEST_CASE("a hold keeps what is in use, and lets what is approved be fetched") {
    auto facts = settled();
    taken(facts, What::hold);
    taken(facts, What::hold); // Twice is once.
    CHECK(state(facts) == "held");
    note_approved(facts, facts.components[0], new_one, now.unix);
    CHECK(steps(facts) == Steps{"fetch ahead server"});
    facts.components[0].stored = {new_one};
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "held");
    facts.components[0].installed = forged; // Damaged: what is held is put back.
    CHECK(steps(facts) == Steps{"fetch server"});
    CHECK(make_plan(facts, now).steps[0].digest == old_one);
    facts.components[0].installed = old_one;
    CHECK(taken(facts, What::release).to == new_one);
    CHECK(steps(facts) == Steps{"stage server"});
}

TEST_CASE("what cannot be held is told") {
    auto facts = settled();
    facts.components[0].activated.reset();
    CHECK(contains(refused(facts, What::hold), "no approved file is in use"));
    facts = settled();
    taken(facts, What::pin, pinned_one.hex());
    CHECK(contains(refused(facts, What::hold), "it is pinned"));
    facts = settled();
    facts.components[0].busy = Busy::activating;
    CHECK(contains(refused(facts, What::hold), "being changed"));
}

TEST_CASE("a roll-back goes to the previous version and quarantines the one it leaves") {
    auto facts = upgraded();
    CHECK(steps(facts).empty());
    const auto answer = taken(facts, What::rollback);
    CHECK(answer.from == new_one);
    CHECK(answer.to == old_one);
    CHECK(steps(facts) == Steps{"stage server"});
    auto& server = facts.components[0];
    server.staged = old_one;
    CHECK(steps(facts) == Steps{"activate "});
    facts.services[0].state = ServiceState::stopped; // It crashes before that: it may start again.
    server.staged.reset();
    CHECK(steps(facts) == Steps{"stage server", "start cmix"});
    note_activated(server, old_one);
    server.installed = old_one;
    facts.services[0].runs["server"] = old_one;
    facts.services[0].state = ServiceState::running;
    CHECK(steps(facts).empty()); // Though the new one is approved: never a loop.
    note_approved(facts, server, digest('x'), now.unix); // Another one is: it is tried.
    CHECK(steps(facts) == Steps{"fetch server"});
    CHECK(server.quarantined.empty());
}

TEST_CASE("release tries again what a roll-back left") {
    auto facts = upgraded();
    taken(facts, What::rollback);
    note_activated(facts.components[0], old_one);
    facts.components[0].installed = facts.services[0].runs["server"] = old_one;
    CHECK(taken(facts, What::release).to == new_one);
    CHECK(steps(facts) == Steps{"stage server"});
}

TEST_CASE("a roll-back of what is held or pinned") {
    auto facts = upgraded();
    taken(facts, What::hold);
    taken(facts, What::rollback);
    CHECK(facts.components[0].orders.held == old_one); // Held still, at the other one.
    CHECK(desired(facts.components[0]) == old_one);
    facts = upgraded();
    taken(facts, What::pin, new_one.hex());
    taken(facts, What::rollback);
    CHECK_FALSE(facts.components[0].orders.pinned);
    CHECK(desired(facts.components[0]) == old_one);
}

TEST_CASE("a roll-back to a named version") {
    auto facts = upgraded();
    taken(facts, What::rollback, old_one.hex().substr(0, 8));
    CHECK(desired(facts.components[0]) == old_one);
    facts = upgraded();
    taken(facts, What::rollback, digest('z').hex()); // Not known here: it is fetched.
    CHECK(steps(facts) == Steps{"fetch server"});
    CHECK(contains(refused(upgraded(), What::rollback, new_one.hex()), "it is in use"));
    CHECK(contains(refused(upgraded(), What::rollback, "123456"), "cannot find a version"));
    CHECK(contains(refused(upgraded(), What::rollback, old_one.hex().substr(0, 3)), old_one.hex()));
    facts = upgraded();
    auto twin = old_one;
    twin.bytes.back() = 1;
    facts.components[0].previous.push_back(twin);
    CHECK(contains(refused(facts, What::rollback, old_one.hex().substr(0, 8)), "cannot tell"));
    CHECK(contains(refused(settled(), What::rollback), "no earlier version is known"));
    facts.components[0].busy = Busy::activating;
    CHECK(contains(refused(facts, What::rollback), "being changed"));
}

TEST_CASE("a roll-back that does not work either leaves what was in use") {
    auto facts = upgraded();
    taken(facts, What::rollback);
    fail(facts, old_one); // It was tried, and put back.
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "quarantined");
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"start cmix"});
}

TEST_CASE("approve is for what waits") {
    CHECK(contains(refused(settled(), What::approve), "no new version waits"));
    auto facts = settled();
    note_approved(facts, facts.components[0], new_one, now.unix);
    CHECK(taken(facts, What::approve).to == new_one);
    CHECK(contains(refused(facts, What::approve), "no new version waits")); // Already.
    facts.components[0].orders.held = old_one;
    CHECK(contains(refused(facts, What::approve), "no new version waits"));
}

TEST_CASE("flaw 3: what was put back after a failure stays, until consensus names another") {
    auto facts = settled();
    auto& server = facts.components[0];
    note_approved(facts, server, new_one, now.unix);
    fail(facts, new_one); // It crashed; the old one was put back.
    CHECK(steps(facts).empty());
    note_approved(facts, server, old_one, now.unix); // The chain goes back to the running one.
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "current");
    CHECK(server.quarantined.empty());
    note_approved(facts, server, new_one, now.unix); // Named anew: it is tried anew.
    CHECK(steps(facts) == Steps{"fetch server"});
}

TEST_CASE("a forged file is not startable for being there when all else is quarantined") {
    auto facts = settled();
    auto& server = facts.components[0];
    server.approved = new_one;
    fail(facts, new_one);
    fail(facts, old_one);
    server.installed = forged;
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"hold back cmix"});
    server.previous = {digest('e')};
    CHECK(steps(facts) == Steps{"fetch server", "hold back cmix"});
    CHECK(make_plan(facts, now).steps[0].digest == digest('e'));
}

TEST_CASE("what is announced is fetched ahead, once there is nothing else to do") {
    auto facts = settled();
    auto& server = facts.components[0];
    server.announced = {{{new_one, "server", {"https://x"}}, 7, "motion 3"},
                        {{digest('m'), "server", {}}, 9, ""}};
    REQUIRE(steps(facts) == Steps{"fetch ahead server"});
    CHECK(make_plan(facts, now).steps[0].digest == new_one);
    CHECK(make_plan(facts, now).steps[0].reason == "it is announced: motion 3");
    CHECK(state(facts) == "current");
    server.ahead = new_one;
    CHECK(steps(facts).empty());
    note_approved(facts, server, new_one,
                  now.unix); // Enacted while it is fetched: not fetched twice.
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "fetching");
    server.ahead.reset();
    server.stored = {new_one};
    CHECK(steps(facts) == Steps{"stage server"}); // The other one can wait.
    server.staged = new_one;
    CHECK(steps(facts) == Steps{"fetch ahead server", "activate "});
    server.ahead = digest('m'); // Beside it: what is fetched ahead delays nothing.
    CHECK(steps(facts) == Steps{"activate "});
    server.ahead.reset();
    server.ahead_not_before = now.monotonic + std::chrono::seconds(5);
    CHECK(steps(facts) == Steps{"activate "});
    CHECK(make_plan(facts, now).again_at == server.ahead_not_before);
}

TEST_CASE("the previous versions are remembered in their order, each once, not too many") {
    ComponentFacts c;
    for (const char one : {'a', 'b', 'c', 'b'}) note_activated(c, digest(one));
    CHECK(c.activated == digest('b'));
    CHECK(c.previous == std::vector{digest('c'), digest('a')});
    note_activated(c, digest('b')); // Again: nothing changes.
    CHECK(c.previous == std::vector{digest('c'), digest('a')});
    for (char one = 'd'; one < 'z'; ++one) note_activated(c, digest(one));
    CHECK(c.previous.size() == 5);
    CHECK(c.previous.front() == digest('x'));
}

TEST_CASE("what is known of a component is the same after a restart") {
    auto facts = upgraded();
    auto& c = facts.components[0];
    taken(facts, What::hold);
    taken(facts, What::rollback);
    c.orders.pinned = pinned_one;
    c.orders.agreed = digest('g');
    c.orders.returned = digest('r');
    c.approved_by = "chain, mirror";
    c.locations = {"https://b", "https://a"};
    c.ordered_by = "operator alice (uid 1000)";
    c.activating = digest('x');
    cmw::state::ComponentRecord record;
    keep(c, record);
    ComponentFacts again;
    again.name = c.name;
    recall(again, record);
    CHECK(again.approved == c.approved);
    CHECK(again.approved_by == c.approved_by);
    CHECK(again.approved_at == c.approved_at);
    CHECK(again.locations == c.locations);
    CHECK(again.activated == c.activated);
    CHECK(again.activating == c.activating);
    CHECK(again.previous == c.previous);
    CHECK(again.quarantined == c.quarantined);
    CHECK(again.together == c.together);
    CHECK(again.orders == c.orders);
    CHECK(again.ordered_by == c.ordered_by);
}
