// SPDX-License-Identifier: Apache-2.0
#include "facts_builder.hpp"

using namespace cmw::test;
using cmw::supervisor::ServiceState;
using namespace std::chrono_literals;

TEST_CASE("what is as it should be is left alone") {
    CHECK(steps(settled()).empty());
    CHECK(state(settled()) == "current");
}

TEST_CASE("a new approval is fetched, staged and activated, in this order") {
    auto facts = settled();
    auto& server = facts.components[0];
    server.approved = new_one;
    CHECK(steps(facts) == Steps{"fetch server"});
    server.busy = Busy::fetching;
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "fetching");
    server.busy = Busy::no;
    server.stored = {new_one};
    CHECK(steps(facts) == Steps{"stage server"});
    server.staged = new_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].what == Step::Do::activate);
    CHECK(plan.steps[0].changes == std::map<std::string, Digest>{{"server", new_one}});
    CHECK(plan.steps[0].restarts == Steps{"cmix"});
    CHECK(plan.steps[0].starts == Steps{"cmix"});
    CHECK(plan.components.at("server").state == "staged");
}

TEST_CASE("files of one service are activated together or not at all") {
    auto facts = settled();
    facts.components.push_back(component("libpow"));
    facts.services[0] = service("cmix", {"server", "libpow"});
    for (auto& c : facts.components) {
        c.approved = new_one;
        c.stored = {new_one};
    }
    facts.components[0].staged = new_one;
    CHECK(steps(facts) == Steps{"stage libpow"});
    facts.components[1].not_before = now.monotonic + 5s; // It could not be staged.
    facts.components[1].problem = "cannot stage it";
    CHECK(steps(facts).empty());
    CHECK(make_plan(facts, now).again_at == now.monotonic + 5s);
    CHECK(state(facts, "libpow") == "failed");
    facts.components[1].staged = new_one;
    facts.components[1].not_before = {};
    REQUIRE(make_plan(facts, now).steps.size() == 1);
    CHECK(make_plan(facts, now).steps[0].changes.size() == 2);
}

TEST_CASE("flaw 2: a program that runs is not stopped before its successor is there") {
    auto facts = settled();
    facts.components[0].approved = new_one;
    for (const auto busy : {Busy::no, Busy::fetching, Busy::staging}) {
        facts.components[0].busy = busy;
        for (const auto& step : make_plan(facts, now).steps) {
            CHECK(step.what != Step::Do::activate);
            CHECK(step.what != Step::Do::hold_back);
        }
    }
}

TEST_CASE("flaw 3: what is approved and cannot be had leaves the old program alone") {
    auto facts = settled();
    facts.components[0].approved = new_one;
    facts.components[0].problem = "cannot find it";
    facts.components[0].not_before = now.monotonic + 10s;
    CHECK(steps(facts).empty());
    facts.services[0].state = ServiceState::stopped; // Even after it ended: it may start again.
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.components[0].approved = old_one; // The chain goes back.
    CHECK(steps(facts) == Steps{"start cmix"});
    CHECK(state(facts) == "current");
}

TEST_CASE("flaw 4: with chain and store out of reach the installed program is started") {
    auto facts = settled();
    facts.sources.clear();
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.components[0].approved.reset(); // Known by what was activated alone.
    CHECK(steps(facts) == Steps{"start cmix"});
}

TEST_CASE("flaw 15: a file that nobody approved is not started, and is replaced") {
    auto facts = settled();
    facts.services[0].state = ServiceState::stopped;
    facts.components[0].installed = forged;
    CHECK(steps(facts) == Steps{"fetch server", "hold back cmix"});
    facts.components[0].stored = {old_one};
    CHECK(steps(facts) == Steps{"stage server", "hold back cmix"});
    facts.components[0].staged = old_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].what == Step::Do::activate);
    CHECK(plan.steps[0].restarts.empty());
    CHECK(plan.steps[0].starts == Steps{"cmix"});
}

TEST_CASE("a file that was tampered with under a running program is replaced without a restart") {
    auto facts = settled();
    facts.components[0].installed = forged;
    facts.components[0].staged = old_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].what == Step::Do::activate);
    CHECK(plan.steps[0].restarts.empty());
    CHECK(plan.steps[0].starts.empty());
}

TEST_CASE("a program that runs with files replaced since is restarted with them") {
    auto facts = settled();
    facts.components[0].approved = facts.components[0].installed = new_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].what == Step::Do::activate);
    CHECK(plan.steps[0].changes.empty());
    CHECK(plan.steps[0].restarts == Steps{"cmix"});
}

TEST_CASE("flaw 20: a new library restarts the program that has the old one, and nothing else") {
    auto facts = settled();
    facts.components.push_back(component("libpow"));
    facts.components.push_back(component("gateway"));
    facts.services = {service("cmix", {"server", "libpow"}), service("gate", {"gateway"})};
    facts.components[1].approved = facts.components[1].staged = new_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].changes == std::map<std::string, Digest>{{"libpow", new_one}});
    CHECK(plan.steps[0].restarts == Steps{"cmix"});
}

TEST_CASE("flaw 6: an approval of nothing keeps what is in use") {
    auto facts = settled();
    facts.components[0].approved.reset();
    CHECK(steps(facts).empty());
    facts.components[0].activated.reset();
    CHECK(steps(facts).empty()); // What runs is not stopped, though nobody ever approved it.
    CHECK(state(facts) == "waiting");
}

TEST_CASE("a mixture of two sets is not started") {
    auto facts = settled();
    facts.components.push_back(component("libpow"));
    facts.services[0] = service("cmix", {"server", "libpow"});
    facts.services[0].state = ServiceState::stopped;
    for (auto& c : facts.components) c.approved = new_one;
    facts.components[0].installed = new_one; // Killed between two swaps; the other is not staged.
    CHECK(steps(facts) == Steps{"fetch libpow", "hold back cmix"});
    facts.components[1].staged = new_one;
    REQUIRE(make_plan(facts, now).steps.size() == 1);
    CHECK(make_plan(facts, now).steps[0].what == Step::Do::activate);
}

TEST_CASE("a quarantined digest is not activated again, and the old one stays") {
    auto facts = settled();
    facts.components[0].approved = new_one;
    fail(facts, new_one);
    CHECK(steps(facts).empty());
    CHECK(state(facts) == "quarantined");
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.components[0].approved = digest('x'); // The chain names another: it is tried.
    CHECK(steps(facts) == Steps{"fetch server", "start cmix"});
}

TEST_CASE("start-when = ready waits for consensus, visibly, and keeps what runs") {
    auto facts = settled();
    facts.services[0].start_when = cmw::config::StartWhen::ready;
    facts.services[0].state = ServiceState::stopped;
    facts.sources["server"] = {false, false, "still syncing"};
    REQUIRE(steps(facts) == Steps{"hold back cmix"});
    CHECK(make_plan(facts, now).steps[0].reason == "still syncing");
    facts.sources.clear();
    CHECK(steps(facts) == Steps{"hold back cmix"});
    facts.sources["server"] = {true, false, ""};
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.services[0].state = ServiceState::running;
    facts.sources["server"] = {false, true, "left the active set"};
    CHECK(steps(facts).empty());
}

TEST_CASE("when-not-ready = stop stops what runs, for what is known alone") {
    auto facts = settled();
    facts.services[0].start_when = cmw::config::StartWhen::ready;
    facts.services[0].stop_when_not_ready = true;
    facts.sources["server"] = {false, false, "still syncing"};
    CHECK(steps(facts).empty());
    facts.sources["server"] = {false, true, "left the active set"};
    for (const auto state :
         {ServiceState::running, ServiceState::starting, ServiceState::backoff}) {
        facts.services[0].state = state;
        REQUIRE(steps(facts) == Steps{"stop cmix"});
        CHECK(make_plan(facts, now).steps[0].reason == "left the active set");
    }
    facts.services[0].state = ServiceState::stopping;
    CHECK(steps(facts).empty());
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"hold back cmix"});
    facts.sources["server"] = {true, false, ""};
    CHECK(steps(facts) == Steps{"start cmix"});
}

TEST_CASE("a service waits for those that it is after, and does not stop for them") {
    auto facts = settled();
    facts.services[0].state = ServiceState::waiting;
    facts.services[0].after = {"chain", "unknown"};
    cmw::reconcile::ServiceFacts chain;
    chain.name = "chain";
    chain.wanted = false;
    facts.services.push_back(chain);
    REQUIRE(steps(facts) == Steps{"hold back cmix"});
    CHECK(make_plan(facts, now).steps[0].reason == "service chain is not up yet");
    facts.services[1].state = ServiceState::running;
    CHECK(make_plan(facts, now).steps[0].reason == "service chain is not healthy yet");
    facts.services[1].up = true;
    CHECK(steps(facts) == Steps{"start cmix"});
    facts.services[1].up = false;
    facts.services[0].state = ServiceState::running;
    CHECK(steps(facts).empty());
}

TEST_CASE("what the operator stopped stays stopped, and is kept current all the same") {
    auto facts = settled();
    facts.services[0].state = ServiceState::stopped;
    facts.services[0].wanted = false;
    CHECK(steps(facts).empty());
    facts.components[0].approved = facts.components[0].staged = new_one;
    const auto plan = make_plan(facts, now);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].starts.empty());
}

TEST_CASE("nothing is decided before it is known what is installed and what runs") {
    auto facts = settled();
    facts.components[0].inspected = false;
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"inspect server"});
    facts = settled();
    facts.services[0].adopted = false;
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts).empty());
}

TEST_CASE("a program without components is simply started") {
    Facts facts;
    facts.services = {service("tool", {})};
    facts.services[0].state = ServiceState::stopped;
    CHECK(steps(facts) == Steps{"start tool"});
}

TEST_CASE("crashing services are left to their restart policy") {
    auto facts = settled();
    for (const auto s : {ServiceState::backoff, ServiceState::failed, ServiceState::stopping}) {
        facts.services[0].state = s;
        CHECK(steps(facts).empty());
    }
}
