// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace cmw::test;
using cmw::plugin_host::Failure;
using cmw::supervisor::ServiceState;
using Strings = std::vector<std::string>;

namespace {

const std::string v1 = version("one");
const std::string v2 = version("two");

/// A host that has installed and started version one.
struct Settled {
    TemporaryFolder folder;
    Programs programs;
    std::optional<Life> life;

    Settled() {
        life.emplace(folder, programs);
        offer(v1);
        offer(v2);
        life->approve(digest_of(v1));
        REQUIRE(life->until_runs(programs, v1));
        REQUIRE(life->until_state("current"));
        programs.log.clear();
    }
    void offer(const std::string& content) { life->source.content[digest_of(content)] = content; }
    /// As after SIGKILL: nothing is said to anyone.
    void restart_host() {
        life.reset();
        life.emplace(folder, programs);
    }
    std::string installed() const { return read_text(folder / "bin/node"); }
    std::int64_t pid() const { return programs.by_name.at("cmix")->pid; }
};

bool has(const Strings& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

} // namespace

TEST_CASE("the first approval is fetched, installed and started") {
    Settled world;
    CHECK(world.installed() == v1);
    CHECK(world.life->history("server") == Strings{"approved", "fetched", "activated"});
    CHECK(has(world.life->history("cmix"), "started"));
}

TEST_CASE("another approval replaces the program, the old one ending only for the swap") {
    Settled world;
    world.life->approve(digest_of(v2));
    REQUIRE(world.life->until_runs(world.programs, v2));
    REQUIRE(world.life->until_state("current"));
    CHECK(world.programs.log == Strings{"stop " + v1, "start " + v2});
    CHECK(world.installed() == v2);
    CHECK(world.life->component().facts.stored.size() == 2); // The previous one is kept.
}

TEST_CASE("what is forged, missing, empty or not executable never touches the running program") {
    struct Case {
        const char* what;
        std::optional<std::string> content; ///< Offered under the approved digest.
        cmw::base::Digest approved;
        const char* reason;
    };
    const std::string no_program = "neither a program nor a script";
    const std::vector<Case> table{
        {"forged", v1 + "evil", digest_of(v2), "digest"},
        {"truncated", v2.substr(0, 5), digest_of(v2), "digest"},
        {"empty", "", digest_of(v2), "empty"},
        {"missing", std::nullopt, digest_of("elsewhere"), "cannot find the artifact"},
        {"too large", std::string((1 << 20) + 1, 'x'), digest_of(std::string((1 << 20) + 1, 'x')),
         "limit"},
        {"not executable", no_program, digest_of(no_program), "cannot"},
    };
    for (const auto& entry : table) {
        CAPTURE(entry.what);
        Settled world;
        const auto pid = world.pid();
        if (entry.content) world.life->source.content[entry.approved] = *entry.content;
        world.life->approve(entry.approved);
        REQUIRE(world.life->until_state("failed"));
        CAPTURE(world.life->component().view.reason);
        CHECK(world.life->component().view.reason.find(entry.reason) != std::string::npos);
        CHECK(has(world.life->history("server"), "refused"));
        CHECK(world.pid() == pid);
        CHECK(world.programs.log.empty());
        CHECK(world.installed() == v1);
        world.life->approve(digest_of(v1)); // The chain goes back: nothing has to happen.
        CHECK(world.life->until_state("current"));
        CHECK(world.programs.log.empty());
    }
}

TEST_CASE("a host that was killed leaves the program, and the next one adopts it untouched") {
    Settled world;
    const auto pid = world.pid();
    world.restart_host();
    REQUIRE(world.life->until([&] { return world.life->service().pid == pid; }));
    REQUIRE(world.life->until_state("current"));
    world.life->approve(digest_of(v1));
    CHECK(world.life->history("server").back() == "activated");
    CHECK(world.programs.log.empty());
    CHECK(world.life->source.fetches == 0);
}

TEST_CASE("with nobody to ask the installed program is started all the same") {
    Settled world;
    world.life.reset();
    world.programs.by_name.clear(); // The machine was restarted.
    world.life.emplace(world.folder, world.programs);
    REQUIRE(world.life->until_runs(world.programs, v1));
    CHECK(world.life->source.fetches == 0);
}

TEST_CASE("flaw 15: a file that was tampered with is not started but replaced") {
    Settled world;
    write_text(world.folder / "bin/node", v1 + "evil");
    world.programs.end("cmix", {1, 0});
    REQUIRE(world.life->until_runs(world.programs, v1));
    CHECK(world.installed() == v1);
    CHECK_FALSE(has(world.programs.log, "start " + v1 + "evil"));
    CHECK(world.life->source.fetches == 1); // From the store: the network was not asked.
}

TEST_CASE("a crashed program is started again with the file it had") {
    Settled world;
    world.programs.end("cmix", {0, SIGSEGV});
    REQUIRE(world.life->until([&] { return world.programs.log.size() == 1; }));
    REQUIRE(world.life->until_runs(world.programs, v1));
    CHECK(world.life->service().restarts == 1);
}

TEST_CASE("a new file that does not start is put back, quarantined, and not tried again") {
    Settled world;
    world.programs.refuse = [](const std::string& content) -> std::optional<Failure> {
        if (content == v2)
            return Failure{CMW_FAILED, "cannot execute it: a library is missing", {}};
        return std::nullopt;
    };
    world.life->approve(digest_of(v2));
    REQUIRE(world.life->until_state("quarantined"));
    REQUIRE(world.life->until_runs(world.programs, v1));
    CHECK(world.installed() == v1);
    CHECK(has(world.life->history("server"), "rolled-back"));
    world.restart_host();
    REQUIRE(world.life->until_state("quarantined"));
    REQUIRE(world.life->until_runs(world.programs, v1));
    const auto v3 = version("three");
    world.offer(v3);
    world.life->approve(digest_of(v3)); // The chain names another.
    REQUIRE(world.life->until_runs(world.programs, v3));
}

TEST_CASE("a verdict without the component, or from a node that syncs, changes nothing") {
    Settled world;
    world.life->approve_nothing();
    REQUIRE(world.life->until([&] { return !world.life->component().view.reason.empty(); }));
    CHECK(world.life->component().view.state == "current");
    CHECK(world.life->component().view.reason == "no digest is approved for 'server': ignored");
    CHECK(has(world.life->history("server"), "ignored"));
    CHECK(world.programs.log.empty());
}

TEST_CASE("a stop by the operator lasts over restarts of the host, until a start") {
    Settled world;
    bool stopped = false;
    world.life->reconciler().stop("cmix", "operator",
                                  [&](const auto& r) { stopped = r.has_value(); });
    REQUIRE(world.life->until([&] { return stopped; }));
    world.restart_host();
    REQUIRE(world.life->until_state("current"));
    CHECK(world.life->service().state == ServiceState::stopped);
    bool started = false;
    world.life->reconciler().start("cmix", "operator",
                                   [&](const auto& r) { started = r.has_value(); });
    REQUIRE(world.life->until([&] { return started; }));
    CAPTURE(fmt::format("{}", fmt::join(world.programs.log, ", ")));
    CHECK(world.programs.log == Strings{"stop " + v1, "start " + v1});
}

TEST_CASE("a restart by the operator starts once") {
    Settled world;
    bool done = false;
    world.life->reconciler().restart("cmix", "operator",
                                     [&](const auto& r) { done = r.has_value(); });
    REQUIRE(world.life->until([&] { return done; }));
    REQUIRE(world.life->until_runs(world.programs, v1));
    CHECK(world.programs.log == Strings{"stop " + v1, "start " + v1});
}

TEST_CASE("killed at any system call of an upgrade, the next host completes it") {
    unsigned points = 0;
    for (int nth = 1;; ++nth) {
        CAPTURE(nth);
        Settled world;
        auto calls = std::make_shared<std::atomic<int>>(0);
        // From the n-th call on every call fails, as for a process that is no more.
        cmw::base::sys::set_fault_plan(
            [calls, nth](auto, auto) { return ++*calls >= nth ? EIO : 0; });
        world.life->approve(digest_of(v2));
        world.life->until([&] {
            const auto report = world.life->component();
            return *calls >= nth ||
                   (report.view.state == "current" && report.facts.installed == digest_of(v2));
        });
        const bool all_done = *calls < nth;
        world.life.reset();
        cmw::base::sys::set_fault_plan({});
        const auto content = world.installed();
        CHECK((content == v1 || content == v2));
        world.life.emplace(world.folder, world.programs);
        world.offer(v2);
        world.life->approve(digest_of(v2));
        REQUIRE(world.life->until_runs(world.programs, v2));
        CHECK(world.installed() == v2);
        ++points;
        if (all_done) break;
        REQUIRE(nth < 400);
    }
    MESSAGE("points: ", points);
}
