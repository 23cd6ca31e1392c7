// SPDX-License-Identifier: Apache-2.0
//
// Orders of an operator and words of several sources, through the reconciler with real files.
#include "world.hpp"

using namespace cmw::test;
using cmw::plugin_host::Verdict;
using cmw::reconcile::ComponentOrder;
using What = ComponentOrder::What;

namespace {

const std::string v1 = version("one");
const std::string v2 = version("two");
const std::string mine = version("mine");

struct Settled {
    TemporaryFolder folder;
    Programs programs;
    std::optional<Life> life;

    Settled() {
        life.emplace(folder, programs);
        for (const auto& content : {v1, v2}) life->source.content[digest_of(content)] = content;
        life->approve(digest_of(v1));
        REQUIRE(life->until_runs(programs, v1));
        REQUIRE(life->until_state("current"));
    }
    void restart_host() {
        life.reset();
        life.emplace(folder, programs);
    }
    /// Gives the order and waits for the answer.
    cmw::base::Result<std::string> order(const ComponentOrder& given) {
        std::optional<cmw::base::Result<std::string>> answer;
        life->reconciler().order("server", given, "operator",
                                 [&](auto result) { answer = std::move(result); });
        REQUIRE(life->until([&] { return answer.has_value(); }));
        return *answer;
    }
    std::string installed() const { return read_text(folder / "bin/node"); }
};

Verdict approval(const std::string& content) {
    Verdict verdict;
    verdict.run = true;
    verdict.height = 9;
    verdict.approved["server"] = digest_of(content);
    return verdict;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

} // namespace

TEST_CASE("what is announced is verified in the store, and neither staged nor used") {
    Settled world;
    auto verdict = approval(v1);
    verdict.announced = {{{digest_of(v2), "server", {"https://x/v2"}}, 12, "motion 3"}};
    world.life->reconciler().on_verdict("chain", verdict);
    REQUIRE(world.life->until(
        [&] { return world.life->component().facts.stored.contains(digest_of(v2)); }));
    CHECK(world.life->source.locations == std::vector<std::string>{"https://x/v2"});
    CHECK(world.life->component().view.state == "current");
    CHECK_FALSE(world.life->component().facts.staged);
    CHECK(world.installed() == v1);
    CHECK(has(world.life->history("server"), "fetched-ahead"));
    world.life->source.content.clear(); // Enacted: nothing has to be fetched any more.
    world.life->reconciler().on_verdict("chain", approval(v2));
    CHECK(world.life->until_runs(world.programs, v2));
}

TEST_CASE("what is announced and cannot be had delays nothing") {
    Settled world;
    auto verdict = approval(v2);
    verdict.announced = {{{digest_of("nowhere"), "server", {}}, 12, "motion 3"}};
    world.life->reconciler().on_verdict("chain", verdict);
    CHECK(world.life->until_runs(world.programs, v2));
    CHECK(world.life->until_state("current"));
    CHECK(world.life->component().facts.problem.empty());
}

TEST_CASE("where the network says that a file is had is known after a restart without the chain") {
    Settled world;
    world.life->source.content.erase(digest_of(v2));
    auto verdict = approval(v2);
    verdict.locations["server"] = {"https://x/v2", "https://y/v2"};
    world.life->reconciler().on_verdict("chain", verdict);
    REQUIRE(world.life->until_state("failed"));
    world.restart_host();
    world.life->source.content[digest_of(v2)] = v2;
    REQUIRE(world.life->until_runs(world.programs, v2));
    CHECK(world.life->source.locations == std::vector<std::string>{"https://x/v2", "https://y/v2"});
    CHECK(world.life->component().facts.approved_by == "chain");
}

TEST_CASE("a file is pinned as it is, once it is in the store, and stays so over a restart") {
    Settled world;
    write_text(world.folder / "mine", mine);
    const auto answer = world.order({What::pin, {}, world.folder / "mine"});
    REQUIRE(answer);
    CHECK(answer->find(digest_of(mine).hex()) != std::string::npos);
    std::filesystem::remove(world.folder / "mine");
    REQUIRE(world.life->until_runs(world.programs, mine));
    REQUIRE(world.life->until_state("current"));
    world.restart_host();
    world.life->source.content[digest_of(v2)] = v2;
    world.life->approve(digest_of(v2));
    REQUIRE(world.life->until([&] { // Fetched ahead, and that is all.
        return world.life->component().facts.stored.contains(digest_of(v2));
    }));
    CHECK(world.installed() == mine);
    CHECK(world.life->component().facts.ordered_by == "operator");
    REQUIRE(world.order({What::unpin, {}, {}}));
    CHECK(world.life->until_runs(world.programs, v2));
    for (const auto* event : {"pinned", "unpinned"})
        CHECK(has(world.life->history("server"), event));
}

TEST_CASE("a file that cannot be pinned is refused, and leaves nothing in the store") {
    Settled world;
    const auto before = world.life->component().facts.stored;
    write_text(world.folder / "text", "neither a program nor a script");
    write_text(world.folder / "empty", "");
    write_text(world.folder / "large", version(std::string(1 << 20, 'x')));
    for (const auto* name : {"text", "empty", "large", "missing", "bin"}) {
        CAPTURE(name);
        const auto answer = world.order({What::pin, {}, world.folder / name});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().where == world.folder / name);
        CHECK(answer.error().what.starts_with("cannot"));
    }
    CHECK(world.life->component().facts.stored == before);
    CHECK_FALSE(world.life->component().facts.orders.pinned);
    CHECK(std::ranges::distance(
              std::filesystem::directory_iterator(world.folder / "state/artifacts/partial")) == 0);
}

TEST_CASE("a roll-back is complete over a restart of the host at once after it was ordered") {
    Settled world;
    world.life->approve(digest_of(v2));
    REQUIRE(world.life->until_runs(world.programs, v2));
    REQUIRE(world.life->until_state("current"));
    REQUIRE(world.order({What::rollback, {}, {}}));
    world.restart_host();
    REQUIRE(world.life->until_runs(world.programs, v1));
    world.life->approve(digest_of(v2)); // The chain says what it said: never a loop.
    REQUIRE(world.life->until_state("current"));
    CHECK(world.installed() == v1);
    world.life->approve(digest_of(mine));
    CHECK(world.life->component().facts.quarantined.empty());
}
