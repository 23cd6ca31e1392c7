// SPDX-License-Identifier: Apache-2.0
//
// What the store is asked for by the reconciler: cleaned, given archives, not asked in vain.
#include "unit/binary_store/archives.hpp"
#include "world.hpp"

using namespace cmw;
using namespace cmw::test;
using namespace std::chrono_literals;

namespace {

const std::string v1 = version("one");
const std::string v2 = version("two");
const std::string v3 = version("three");

struct Site {
    TemporaryFolder folder;
    Programs programs;
    std::map<base::Digest, std::string> offered;
    Life::Change change;
    std::optional<Life> life;

    explicit Site(Life::Change c = {}) : change(std::move(c)) { begin(); }
    void begin() {
        life.reset();
        life.emplace(folder, programs, change);
        life->source.content = offered;
    }
    void offer(const std::string& content) {
        offered[digest_of(content)] = content;
        life->source.content = offered;
    }
    /// Approves what is offered under its digest, and waits until it is all there is to do.
    void settle(const std::string& artifact, const std::string& content) {
        offer(artifact);
        life->approve(digest_of(artifact));
        REQUIRE(life->until_runs(programs, content));
        REQUIRE(life->until_state("current"));
        REQUIRE(
            life->until([&] { return life->component().facts.activated == digest_of(artifact); }));
    }
    bool kept(const std::string& artifact) const {
        return std::filesystem::exists(folder / "state/artifacts/" + digest_of(artifact).name());
    }
    /// That many fetches were made, and the last one failed.
    bool failed_after(unsigned fetches) {
        return life->until([&] {
            const auto& facts = life->component().facts;
            return life->source.fetches == fetches && facts.busy == reconcile::Busy::no &&
                   !facts.problem.empty();
        });
    }
    std::chrono::nanoseconds pause() const {
        return life->component().facts.not_before - base::monotonic_now();
    }
};

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

Life::Change keep(std::int64_t count) {
    return [count](config::Settings& settings) { settings.components[0].keep = count; };
}

} // namespace

TEST_CASE("after an activation the store keeps as many versions as it is told to") {
    Site site(keep(2));
    site.settle(v1, v1);
    site.settle(v2, v2);
    CHECK(site.kept(v1));
    site.settle(v3, v3);
    REQUIRE(site.life->until([&] { return !site.kept(v1); }));
    CHECK(site.kept(v2));
    CHECK(site.kept(v3));
    REQUIRE(site.life->until([&] { return has(site.life->history("server"), "dropped"); }));
    CHECK(site.life->component().facts.stored ==
          std::set<base::Digest>{digest_of(v2), digest_of(v3)});
    CHECK(site.programs.by_name.at("cmix")->content == v3);
}

TEST_CASE("what an earlier host left over goes once consensus has answered") {
    Site site(keep(1));
    site.settle(v1, v1);
    const auto left_over = digest_of("left over").name();
    write_text(site.folder / "state/artifacts/" + left_over, "left over");
    write_text(site.folder / "state/artifacts/partial/" + left_over, "left");
    site.begin();
    REQUIRE(site.life->until_state("current"));
    CHECK(std::filesystem::exists(site.folder / "state/artifacts/" + left_over));
    site.life->approve(digest_of(v1));
    REQUIRE(site.life->until([&] {
        return !std::filesystem::exists(site.folder / "state/artifacts/" + left_over) &&
               !std::filesystem::exists(site.folder / "state/artifacts/partial/" + left_over);
    }));
    CHECK(site.kept(v1));
}

TEST_CASE("a forged artifact is fetched again much later than one that is missing") {
    Site site;
    site.settle(v1, v1);
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_state("failed"));
    CHECK(site.pause() <= 2s);
    site.life->source.content[digest_of(v3)] = v1;
    const auto fetches = site.life->source.fetches;
    site.life->approve(digest_of(v3));
    REQUIRE(site.failed_after(fetches + 1));
    CHECK(site.pause() > 30s);

    // At once when the source has news, and when something else is approved.
    site.life->reconciler().try_again("store");
    REQUIRE(site.failed_after(fetches + 2));
    CHECK(site.pause() > 60s);
    site.settle(v2, v2);
}

TEST_CASE("flaw 3: what is missing keeps nothing down, and is fetched once it is there") {
    Site site;
    site.settle(v1, v1);
    const auto pid = site.programs.by_name.at("cmix")->pid;
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_state("failed"));
    CHECK(site.life->service().state == supervisor::ServiceState::running);
    // The approval goes back to what runs: nothing was stopped, nothing is fetched.
    const auto fetches = site.life->source.fetches;
    site.life->approve(digest_of(v1));
    REQUIRE(site.life->until_state("current"));
    CHECK(site.life->source.fetches == fetches);
    CHECK(site.programs.by_name.at("cmix")->pid == pid);
    // Missing again, then there.
    site.life->approve(digest_of(v2));
    REQUIRE(site.life->until_state("failed"));
    site.offer(v2);
    site.life->reconciler().try_again("another-source");
    CHECK(site.life->component().facts.not_before > base::Monotonic{});
    site.life->reconciler().try_again("store");
    REQUIRE(site.life->until_runs(site.programs, v2));
}

namespace {

Life::Change unpacked() {
    return [](config::Settings& settings) { settings.components[0].unpack = "bin/node"; };
}

std::string packed(const std::string& kind, const std::string& content) {
    return make_archive(kind, {{"README", "x"}, {"bin/node", content}});
}

} // namespace

TEST_CASE("a program out of an archive is installed, upgraded, and known over a restart") {
    Site site(unpacked());
    const auto first = packed("tar.gz", v1);
    const auto second = packed("zip", v2);
    site.settle(first, v1);
    CHECK(site.life->component().facts.installed == digest_of(first));
    CHECK(read_text(site.folder / "bin/node") == v1);
    site.settle(second, v2);
    CHECK(read_text(site.folder / "bin/node") == v2);

    const auto pid = site.programs.by_name.at("cmix")->pid;
    site.begin();
    site.life->approve(digest_of(second));
    REQUIRE(site.life->until_state("current"));
    CHECK(site.life->source.fetches == 0);
    CHECK(site.programs.by_name.at("cmix")->pid == pid);
    CHECK(site.life->component().facts.installed == digest_of(second));
}

TEST_CASE("an archive that was only packed anew stops nothing") {
    Site site(unpacked());
    site.settle(packed("tar.gz", v1), v1);
    const auto pid = site.programs.by_name.at("cmix")->pid;
    const auto again = packed("tar.zst", v1);
    site.settle(again, v1);
    CHECK(site.programs.by_name.at("cmix")->pid == pid);
    CHECK_FALSE(has(site.programs.log, "stop " + v1));
    CHECK_FALSE(std::filesystem::exists(site.folder / "bin/.node.cmw-staged"));
    site.begin();
    REQUIRE(site.life->until_state("current"));
    CHECK(site.life->component().facts.installed == digest_of(again));
}

TEST_CASE("a store that is lost costs a fetch, not the program that runs") {
    Site site(unpacked());
    const auto archive = packed("tar.gz", v1);
    site.settle(archive, v1);
    const auto pid = site.programs.by_name.at("cmix")->pid;
    site.life.reset();
    std::filesystem::remove_all(site.folder / "state/artifacts");
    site.begin();
    site.life->approve(digest_of(archive));
    REQUIRE(site.life->until([&] { return site.life->source.fetches == 1; }));
    REQUIRE(site.life->until_state("current"));
    CHECK(site.programs.by_name.at("cmix")->pid == pid);
}

TEST_CASE("a download that broke off goes on after a restart of the host") {
    Site site;
    site.offer(v1);
    site.life->source.breaks_off_at = 7;
    site.life->approve(digest_of(v1));
    REQUIRE(site.failed_after(1));
    CHECK(site.life->source.given == 7);
    site.begin();
    site.life->approve(digest_of(v1));
    REQUIRE(site.life->until_runs(site.programs, v1));
    CHECK(site.life->source.given == v1.size() - 7);
}

TEST_CASE("an archive without the file is shown, and not fetched again and again") {
    Site site(unpacked());
    const auto archive = make_archive("zip", {{"bin/other", v1}});
    site.offer(archive);
    site.life->approve(digest_of(archive));
    REQUIRE(site.life->until_state("failed"));
    CHECK(site.life->component().facts.problem.find("it has no file bin/node, but bin/other") !=
          std::string::npos);
    CHECK(site.pause() > 30s);
    CHECK(site.kept(archive));
    CHECK(site.life->source.fetches == 1);
}

TEST_CASE("two components out of one archive cost one fetch") {
    Site site([](config::Settings& settings) {
        settings.components[0].unpack = "bin/node";
        auto library = settings.components[0];
        library.name = "library";
        library.path += ".so";
        library.unpack = "lib/node.so";
        settings.components.push_back(library);
        settings.services[0].components.push_back("library");
    });
    const auto archive = make_archive("tar.gz", {{"bin/node", v1}, {"lib/node.so", "library"}});
    site.settle(archive, v1);
    CHECK(site.life->source.fetches == 1);
    CHECK(read_text(site.folder / "bin/node.so") == "library");
    CHECK(site.life->reconciler().report().at("library").facts.installed == digest_of(archive));
}
