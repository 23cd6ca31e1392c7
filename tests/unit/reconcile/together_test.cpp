// SPDX-License-Identifier: Apache-2.0
//
// A program and its library: used, refused and put back as one.
#include "world.hpp"

using namespace cmw::test;
using cmw::reconcile::ComponentOrder;
using Strings = std::vector<std::string>;
namespace config = cmw::config;

namespace {

const std::string v1 = version("one");
const std::string v2 = version("two");
const std::string v3 = version("three");
const std::string lib1 = "library one";
const std::string lib2 = "library two";

struct Site {
    TemporaryFolder folder;
    Programs programs;
    bool long_window = true;
    std::optional<Life> life;

    Site() {
        std::filesystem::create_directories(folder / "lib");
        begin();
        approve(v1, lib1);
        REQUIRE(life->until_runs(programs, v1));
        REQUIRE(life->until([&] { return state("libpow") == "current"; }));
        REQUIRE(life->until_state("current"));
        programs.log.clear();
    }
    void begin() {
        life.emplace(folder, programs, [this](config::Settings& settings) {
            auto lib = settings.components[0];
            lib.name = lib.field = "libpow";
            lib.path = folder / "lib/libpow.so";
            lib.mode = 0644;
            settings.components.push_back(lib);
            settings.services[0].components = {"server", "libpow"};
            settings.services[0].upgrade_window =
                long_window ? std::chrono::milliseconds(3'600'000) : std::chrono::milliseconds(1);
        });
        for (const auto& content : {v1, v2, v3, lib1, lib2})
            life->source.content[digest_of(content)] = content;
    }
    /// As after SIGKILL: nothing is said to anyone.
    void restart_host(bool with_long_window) {
        life.reset();
        long_window = with_long_window;
        begin();
    }
    void approve(const std::string& server, const std::string& libpow) {
        life->approve({{"server", digest_of(server)}, {"libpow", digest_of(libpow)}});
    }
    std::string state(const std::string& component) {
        return life->reconciler().report().at(component).view.state;
    }
    std::string library() const { return read_text(folder / "lib/libpow.so"); }
    /// Both run, and are there to stay.
    void upgrade(const std::string& server, const std::string& libpow) {
        restart_host(false);
        approve(server, libpow);
        REQUIRE(life->until_runs(programs, server));
        REQUIRE(life->until([&] {
            return state("server") == "current" && state("libpow") == "current" &&
                   library() == libpow;
        }));
    }
    /// Both were tried, and the program crashed.
    void fail(const std::string& server, const std::string& libpow) {
        approve(server, libpow);
        REQUIRE(life->until_runs(programs, server));
        programs.end("cmix", {1, 0});
        REQUIRE(life->until_runs(programs, v1));
        REQUIRE(life->until_state("quarantined"));
    }
    std::string order(const std::string& component, ComponentOrder::What what) {
        std::string answer;
        life->reconciler().order(component, {what, {}, {}}, "operator", [&](const auto& text) {
            REQUIRE(text);
            answer = *text;
        });
        return answer;
    }
};

} // namespace

TEST_CASE("flaw 20: files that belong together are used and put back together") {
    Site site;
    SUBCASE("a new library alone restarts the program that has the old one mapped") {
        site.approve(v1, lib2);
        REQUIRE(site.life->until([&] { return site.programs.log.size() == 2; }));
        CHECK(site.programs.log == Strings{"stop " + v1, "start " + v1});
        CHECK(site.library() == lib2);
    }
    SUBCASE("a program that fails with both takes both back") {
        site.fail(v2, lib2);
        CHECK(site.library() == lib1);
        CHECK(site.state("libpow") == "quarantined");
    }
    SUBCASE("a roll-back of one takes back both, in one activation") {
        site.upgrade(v2, lib2);
        site.programs.log.clear();
        const auto answer = site.order("libpow", ComponentOrder::What::rollback);
        CHECK(answer.find("server with it to " + digest_of(v1).hex()) != std::string::npos);
        REQUIRE(site.life->until_runs(site.programs, v1));
        CHECK(site.programs.log == Strings{"stop " + v2, "start " + v1});
        CHECK(site.library() == lib1);
        CHECK(site.life->last("server", "rollback-ordered").why == "with libpow");
        CHECK(site.life->last("libpow", "rollback-ordered").to == digest_of(lib1).hex());
    }
}

TEST_CASE("what failed with its partner comes with the successor of the partner, not before") {
    Site site;
    site.fail(v2, lib2);
    site.restart_host(true); // The state tells what failed together.
    site.programs.log.clear();
    site.approve(v2, lib2);
    REQUIRE(site.life->until([&] { return site.state("libpow") == "quarantined"; }));
    CHECK(site.library() == lib1);
    CHECK(site.programs.log.empty());
    site.approve(v3, lib2);
    REQUIRE(site.life->until_runs(site.programs, v3));
    CHECK(site.library() == lib2);
    CHECK(site.programs.log == Strings{"stop " + v1, "start " + v3});
}

TEST_CASE("a damaged file that was replaced within an upgrade that failed stays whole") {
    Site site;
    site.life.reset();
    write_text(site.folder / "lib/libpow.so", "damaged");
    site.begin();
    site.approve(v2, lib1);
    REQUIRE(site.life->until_runs(site.programs, v2));
    CHECK(site.library() == lib1);
    site.programs.end("cmix", {1, 0});
    REQUIRE(site.life->until_runs(site.programs, v1));
    REQUIRE(site.life->until_state("quarantined"));
    CHECK(site.library() == lib1);
    CHECK(site.state("libpow") == "current");
    const auto facts = site.life->reconciler().report().at("libpow").facts;
    CHECK(facts.activated == digest_of(lib1));
    CHECK(facts.quarantined.empty());
}
