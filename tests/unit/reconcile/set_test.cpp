// SPDX-License-Identifier: Apache-2.0
//
// Files that were activated together: what failed together is refused together, and eligible again
// together; what was put in use together goes back together.
#include "reconcile/order.hpp"
#include "reconcile/quarantine.hpp"

#include "facts_builder.hpp"

using namespace cmw::test;
using cmw::supervisor::ServiceState;
using What = ComponentOrder::What;
using Names = std::set<std::string>;
using Digests = std::map<std::string, cmw::base::Digest>;

namespace {

const auto newer = digest('2');

/// A program with its library, and a component that has nothing to do with them.
Facts pair_of_files() {
    auto facts = settled();
    facts.components.push_back(component("libpow"));
    facts.components.push_back(component("other"));
    for (const auto* name : {"libpow", "other"}) facts.sources[name].ready = true;
    facts.services = {service("cmix", {"server", "libpow"})};
    for (auto& c : facts.components) c.stored = {old_one, new_one, newer};
    return facts;
}

ComponentFacts& part(Facts& facts, const std::string& name) {
    return *std::ranges::find(facts.components, name, &ComponentFacts::name);
}
Names approve(Facts& facts, const std::string& name, const cmw::base::Digest& digest) {
    return note_approved(facts, part(facts, name), digest, now.unix);
}

/// Both have a new version, and these did not run together: the old ones are back.
Facts failed_pair() {
    auto facts = pair_of_files();
    approve(facts, "server", new_one);
    approve(facts, "libpow", new_one);
    quarantine(facts, {{"server", new_one}, {"libpow", new_one}}, Quarantine::Cause::failed);
    return facts;
}

/// What the plan would put in place in the end: it is taken for staged.
Digests next_set(Facts facts) {
    for (auto& c : facts.components)
        if (const auto want = desired(c); want != c.installed) c.staged = want;
    for (const auto& step : make_plan(facts, now).steps)
        if (step.what == Step::Do::activate) return step.changes;
    return {};
}

/// Does it, and all is well.
void activate(Facts& facts) {
    const auto set = next_set(facts);
    Names together;
    for (const auto& [name, digest] : set) {
        together.insert(name);
        note_activated(part(facts, name), digest);
        part(facts, name).installed = digest;
        if (name != "other") facts.services[0].runs[name] = digest;
    }
    for (const auto& name : together) part(facts, name).together = together;
}

Taken taken(Facts& facts, const std::string& name, What what, const std::string& digest = {}) {
    const auto result = take(facts, name, {what, digest, {}});
    REQUIRE_MESSAGE(result, (result ? "" : cmw::base::to_string(result.error())));
    return *result;
}

Names names_of(const Taken& taken) {
    Names names;
    for (const auto& change : taken.changes) names.insert(change.component);
    return names;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a set that failed is refused as a whole, and eligible again as a whole") {
    struct Case {
        const char* what;
        std::function<void(Facts&)> happens;
        Digests next;
    };
    const Digests again{{"server", new_one}, {"libpow", new_one}};
    for (const auto& [what, happens, next] : std::vector<Case>{
             {"nothing", [](Facts&) {}, {}},
             {"a successor of the program is tried with the library of the set",
              [](Facts& f) { approve(f, "server", newer); },
              {{"server", newer}, {"libpow", new_one}}},
             {"a successor of the library is tried with the program of the set",
              [](Facts& f) { approve(f, "libpow", newer); },
              {{"server", new_one}, {"libpow", newer}}},
             {"successors of both",
              [](Facts& f) {
                  approve(f, "server", newer);
                  approve(f, "libpow", newer);
              },
              {{"server", newer}, {"libpow", newer}}},
             {"the old version of one is approved with the new one of the other",
              [](Facts& f) { approve(f, "server", old_one); },
              {{"libpow", new_one}}},
             {"a component of no set",
              [](Facts& f) { approve(f, "other", newer); },
              {{"other", newer}}},
             {"one is released", [](Facts& f) { taken(f, "libpow", What::release); }, again},
             {"one is pinned to what failed, and the other follows consensus",
              [](Facts& f) { taken(f, "server", What::pin, new_one.hex()); }, again},
             {"one is pinned to something else: nobody said a word of the other",
              [](Facts& f) { taken(f, "server", What::pin, newer.hex()); },
              {{"server", newer}}},
             {"one is held: it stays, and so does the other",
              [](Facts& f) { taken(f, "server", What::hold); },
              {}},
             {"the program crashes: it starts with what was before",
              [](Facts& f) { f.services[0].state = ServiceState::stopped; },
              {}},
         }) {
        CAPTURE(what);
        auto facts = failed_pair();
        happens(facts);
        CHECK(next_set(facts) == next);
    }
}

TEST_CASE("whose quarantine ended is told, so that it is saved together") {
    auto facts = failed_pair();
    CHECK(approve(facts, "other", new_one) == Names{"other"});
    CHECK(approve(facts, "server", newer) == Names{"server", "libpow"});
    CHECK(part(facts, "libpow").quarantined.empty());
    CHECK(approve(facts, "libpow", newer) == Names{"libpow"});
    facts = failed_pair();
    const auto released = taken(facts, "libpow", What::release);
    CHECK(names_of(released) == Names{"server", "libpow"});
    CHECK(released.changes[0].component == "libpow");
    CHECK(released.changes[1].event == "released");
    CHECK(released.changes[1].to == new_one);
    CHECK(contains(released.text, "server was quarantined with it"));
}

TEST_CASE("status says with what it failed") {
    const auto reason = view(failed_pair()).reason;
    CAPTURE(reason);
    CHECK(state(failed_pair()) == "quarantined");
    CHECK(contains(reason, "it failed together with libpow " + new_one.hex().substr(0, 12)));
}

TEST_CASE("a set with a pinned member is refused until that set is not asked for any more") {
    auto facts = pair_of_files();
    approve(facts, "libpow", new_one);
    taken(facts, "server", What::pin, newer.hex());
    quarantine(facts, {{"server", newer}, {"libpow", new_one}}, Quarantine::Cause::failed);
    CHECK(next_set(facts).empty());
    SUBCASE("consensus says something of the pinned one, which is pinned still") {
        approve(facts, "server", new_one);
        CHECK(next_set(facts).empty());
    }
    SUBCASE("consensus names another of the other one") {
        approve(facts, "libpow", digest('3'));
        CHECK(next_set(facts) == Digests{{"server", newer}, {"libpow", digest('3')}});
    }
    SUBCASE("it is unpinned: what is approved for both was never tried") {
        const auto answer = taken(facts, "server", What::unpin);
        CHECK(names_of(answer) == Names{"server", "libpow"});
        CHECK(next_set(facts) == Digests{{"libpow", new_one}});
    }
}

TEST_CASE("a set is the same after a restart of the host, and what it leaves too") {
    auto facts = failed_pair();
    for (auto& c : facts.components) {
        cmw::state::ComponentRecord record;
        keep(c, record);
        ComponentFacts again;
        again.name = c.name;
        recall(again, record);
        CHECK(again.quarantined == c.quarantined);
        c.quarantined = again.quarantined;
    }
    approve(facts, "server", newer);
    CHECK(next_set(facts) == Digests{{"server", newer}, {"libpow", new_one}});
}

TEST_CASE("what an earlier version of the program quarantined is a set of its own") {
    cmw::state::ComponentRecord record;
    record.quarantined[new_one.name()].cause = "failed";
    auto facts = pair_of_files();
    recall(facts.components[0], record);
    const Quarantine alone{Quarantine::Cause::failed, {{"server", new_one}}};
    CHECK(facts.components[0].quarantined == std::map{std::pair{new_one, alone}});
}

namespace {

/// Both were upgraded together, twice.
Facts upgraded_pair() {
    auto facts = pair_of_files();
    for (const auto& version : {new_one, newer}) {
        approve(facts, "server", version);
        approve(facts, "libpow", version);
        activate(facts);
    }
    return facts;
}

} // namespace

TEST_CASE("a roll-back takes back all that was activated together, at once") {
    auto facts = upgraded_pair();
    const auto answer = taken(facts, "libpow", What::rollback);
    CHECK(names_of(answer) == Names{"server", "libpow"});
    for (const auto& change : answer.changes) {
        CHECK(change.event == "rollback-ordered");
        CHECK(change.from == newer);
        CHECK(change.to == new_one);
    }
    CHECK(contains(answer.text, "libpow goes back to " + new_one.hex()));
    CHECK(contains(answer.text, "server with it to " + new_one.hex()));
    CHECK(next_set(facts) == Digests{{"server", new_one}, {"libpow", new_one}});
    part(facts, "libpow").staged = new_one;
    CHECK(steps(facts) == Steps{"stage server"}); // Not one without the other.
    activate(facts);
    CHECK(next_set(facts).empty()); // Though both newer ones are approved.
    CHECK(contains(view(facts).reason, "is approved, and not used"));

    SUBCASE("and the versions before those, when ordered again") {
        taken(facts, "server", What::rollback);
        CHECK(next_set(facts) == Digests{{"server", old_one}, {"libpow", old_one}});
    }
    SUBCASE("until consensus names another for one of them") {
        approve(facts, "server", digest('3'));
        CHECK(next_set(facts) == Digests{{"server", digest('3')}, {"libpow", newer}});
    }
    SUBCASE("until one of them is released") {
        CHECK(names_of(taken(facts, "server", What::release)) == Names{"server", "libpow"});
        CHECK(next_set(facts) == Digests{{"server", newer}, {"libpow", newer}});
    }
    SUBCASE("and forward again, by name") {
        const auto forward = taken(facts, "server", What::rollback, newer.hex().substr(0, 8));
        CHECK(names_of(forward) == Names{"server", "libpow"});
        CHECK(next_set(facts) == Digests{{"server", newer}, {"libpow", newer}});
    }
    SUBCASE("and over a restart of the host") {
        for (auto& c : facts.components) {
            cmw::state::ComponentRecord record;
            keep(c, record);
            recall(c, record);
        }
        CHECK(next_set(facts).empty());
        approve(facts, "libpow", digest('3'));
        CHECK(next_set(facts) == Digests{{"server", newer}, {"libpow", digest('3')}});
    }
}

TEST_CASE("a roll-back says what stays though it was activated together, and why") {
    SUBCASE("nothing is known before it") {
        auto facts = upgraded_pair();
        part(facts, "libpow").previous.clear();
        const auto answer = taken(facts, "server", What::rollback);
        CHECK(names_of(answer) == Names{"server"});
        CHECK(contains(answer.text, "libpow was activated together with it and stays at"));
        CHECK(contains(answer.text, "no earlier version of it is known"));
        CHECK(next_set(facts) == Digests{{"server", new_one}});
    }
    SUBCASE("another version than the one before is named") {
        auto facts = upgraded_pair();
        const auto answer = taken(facts, "server", What::rollback, old_one.hex());
        CHECK(names_of(answer) == Names{"server"});
        CHECK(contains(answer.text, "what belongs to that version of server is not known"));
    }
}

TEST_CASE("what was changed alone since is no part of the set") {
    auto facts = upgraded_pair();
    approve(facts, "libpow", digest('3'));
    activate(facts);
    for (const auto* name : {"server", "libpow"}) {
        auto copy = facts;
        const auto answer = taken(copy, name, What::rollback);
        CHECK(names_of(answer) == Names{name});
        CHECK_FALSE(contains(answer.text, "stays at"));
    }
}

TEST_CASE("a roll-back waits for no member that is being changed") {
    auto facts = upgraded_pair();
    part(facts, "libpow").busy = Busy::activating;
    const auto answer = take(facts, "server", {What::rollback, {}, {}});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().where == "component.libpow");
    CHECK(contains(answer.error().what, "being changed"));
    CHECK(part(facts, "server").quarantined.empty());
    CHECK_FALSE(part(facts, "server").orders.returned);
}

TEST_CASE("a member that is held goes back with the set and is held there") {
    auto facts = upgraded_pair();
    taken(facts, "libpow", What::hold);
    taken(facts, "server", What::rollback);
    CHECK(part(facts, "libpow").orders.held == new_one);
    CHECK(next_set(facts) == Digests{{"server", new_one}, {"libpow", new_one}});
}
