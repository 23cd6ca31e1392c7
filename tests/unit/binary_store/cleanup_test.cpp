// SPDX-License-Identifier: Apache-2.0
#include "binary_store/cleanup.hpp"

#include "unit/binary_store/artifacts.hpp"

using namespace cmw;
using namespace cmw::binary_store;
using base::Digest;
using base::UnixTime;

namespace {

Digest named(char name) {
    return digest_of(std::string(1, name));
}

UnixTime day(int number) {
    return UnixTime(std::chrono::hours(24 * number));
}

struct Given {
    char name;
    std::uint64_t size;
    std::map<std::string, int> used; ///< By component: the day.
};

struct Case {
    const char* what;
    std::vector<Given> whole;
    std::string partial;
    std::string in_use;
    std::map<std::string, std::int64_t> keep;
    std::uint64_t keep_size;
    std::string dropped; ///< In order.
};

std::set<Digest> digests(const std::string& names) {
    std::set<Digest> all;
    for (const char name : names) all.insert(named(name));
    return all;
}

std::string names_of(const std::vector<Drop>& drops) {
    std::string names;
    for (const auto& drop : drops)
        for (char name = 'a'; name <= 'z'; ++name)
            if (drop.digest == named(name)) names += name;
    return names;
}

std::vector<Drop> drops_of(const Case& entry) {
    Inventory inventory;
    for (const auto& given : entry.whole) {
        KeptArtifact artifact{named(given.name), given.size, {}};
        for (const auto& [component, number] : given.used) artifact.used[component] = day(number);
        inventory.whole.push_back(artifact);
    }
    for (const char name : entry.partial) inventory.partial.push_back(named(name));
    return what_to_drop(inventory, digests(entry.in_use), {entry.keep, entry.keep_size});
}

} // namespace

TEST_CASE("the store drops what is neither in use nor to be kept") {
    const std::vector<Given> four{{'a', 10, {{"node", 1}}},
                                  {'b', 10, {{"node", 2}}},
                                  {'c', 10, {{"node", 3}}},
                                  {'d', 10, {{"node", 4}}}};
    const std::vector<Case> table{
        {"nothing is there", {}, "", "", {{"node", 3}}, 100, ""},
        {"the last three stay", four, "", "d", {{"node", 3}}, 100, "a"},
        {"the last one stays, the oldest goes first", four, "", "d", {{"node", 1}}, 100, "abc"},
        {"what is in use stays, however old", four, "", "ab", {{"node", 1}}, 100, "c"},
        {"a component that is gone keeps nothing", four, "", "", {{"other", 3}}, 100, "abcd"},
        {"never used, never kept", {{'a', 1, {}}, {'b', 1, {}}}, "", "b", {{"node", 9}}, 100, "a"},
        {"used by two, kept for the one",
         {{'a', 1, {{"node", 1}, {"lib", 9}}}, {'b', 1, {{"node", 2}}}},
         "",
         "b",
         {{"node", 1}, {"lib", 1}},
         100,
         ""},
        {"over the size the oldest goes, until it fits", four, "", "d", {{"node", 4}}, 25, "ab"},
        {"just the size is not over it", four, "", "d", {{"node", 4}}, 40, ""},
        {"what a rollback goes to outlives any size", four, "", "d", {{"node", 4}}, 0, "ab"},
        {"with keep = 1 there is no rollback", four, "", "d", {{"node", 1}}, 0, "abc"},
        {"in use outlives any size", four, "", "abcd", {{"node", 1}}, 0, ""},
        {"the rollback is what was used before, not what was fetched ahead",
         four,
         "",
         "cd",
         {{"node", 4}},
         0,
         "a"},
        {"each component keeps its own",
         {{'a', 10, {{"node", 1}}},
          {'b', 10, {{"node", 2}}},
          {'c', 10, {{"lib", 1}}},
          {'d', 10, {{"lib", 2}}}},
         "",
         "bd",
         {{"node", 2}, {"lib", 1}},
         100,
         "c"},
        {"broken-off fetches go first, unless they are waited for",
         four,
         "xy",
         "dx",
         {{"node", 3}},
         100,
         "ya"},
        {"one that was used last by another counts as young",
         {{'a', 10, {{"node", 1}, {"lib", 9}}},
          {'b', 10, {{"node", 2}}},
          {'c', 10, {{"node", 3}}},
          {'d', 10, {{"lib", 8}}}},
         "",
         "",
         {{"node", 3}, {"lib", 2}},
         30,
         "b"},
    };
    for (const auto& entry : table) {
        CAPTURE(entry.what);
        CHECK(names_of(drops_of(entry)) == entry.dropped);
    }
}

TEST_CASE("a drop tells of whom and why") {
    const auto drops = drops_of({"",
                                 {{'a', 2048, {{"lib", 1}, {"node", 1}}},
                                  {'b', 2048, {{"node", 2}}},
                                  {'c', 2048, {{"node", 3}}}},
                                 "x",
                                 "c",
                                 {{"node", 2}},
                                 1024,
                                 ""});
    REQUIRE(drops.size() == 2);
    CHECK(drops[0] == Drop{named('x'), {}, "its fetch broke off, and nothing waits for it"});
    CHECK(drops[1] == Drop{named('a'), {"lib", "node"}, "newer ones took its place"});
    const auto by_size = drops_of(
        {"", {{'a', 2048, {{"n", 1}}}, {'b', 1, {{"n", 2}}}}, "", "", {{"n", 2}}, 1024, ""});
    REQUIRE(by_size.size() == 1);
    CHECK(by_size[0].why == "the store had 2.0 KiB, keep-size is 1 KiB");
}

TEST_CASE("the store takes stock of itself, and forgets what it drops") {
    const test::TemporaryFolder folder;
    const auto store = Store::open(folder / "state").value();
    const auto digest = digest_of(program('a'));
    REQUIRE(fetch(store, program('a')));
    test::write_text(folder / "state/artifacts/partial/" + named('p').name(), "left");
    REQUIRE(store.uses().note(digest, "server"));
    REQUIRE(store.uses().note(digest, "my.lib"));
    REQUIRE(store.members().note(digest, "bin/node", named('m')));

    const auto stock = store.inventory().value();
    REQUIRE(stock.whole.size() == 1);
    CHECK(stock.whole[0].digest == digest);
    CHECK(stock.whole[0].size == program('a').size());
    REQUIRE(stock.whole[0].used.size() == 2);
    CHECK(stock.whole[0].used.contains("my.lib"));
    CHECK(stock.partial == std::vector{named('p')});
    CHECK(store.members().archive_of(named('m'), "bin/node", {}).value() == digest);

    REQUIRE(store.remove(digest));
    CHECK(store.inventory().value().whole.empty());
    CHECK(store.uses().all().value().empty());
    CHECK(store.members().archive_of(named('m'), "bin/node", digest).value() == std::nullopt);
}

TEST_CASE("a use noted again is younger than all before") {
    const test::TemporaryFolder folder;
    const auto store = Store::open(folder / "state").value();
    const auto path = folder / "state/artifacts/used/" + named('a').name() + ".node";
    REQUIRE(store.uses().note(named('a'), "node"));
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() -
                                               std::chrono::hours(48));
    const auto before = store.uses().all().value().at(named('a')).at("node");
    REQUIRE(store.uses().note(named('a'), "node"));
    CHECK(store.uses().all().value().at(named('a')).at("node") > before + std::chrono::hours(47));
}

TEST_CASE("to drop an artifact leaves the program that was installed from it") {
    const test::TemporaryFolder folder;
    const auto store = Store::open(folder / "state").value();
    const Target target{folder / "bin/node", 0755, true};
    std::filesystem::create_directories(folder / "bin");
    const auto content = program('a');
    REQUIRE(fetch(store, content));
    REQUIRE(stage(store, digest_of(content), target));
    REQUIRE(swap(target));
    CHECK(stat_of(target.path).st_nlink == 1);
    CHECK(stat_of(target.path).st_ino != stat_of(store.path(digest_of(content))).st_ino);
    REQUIRE(store.remove(digest_of(content)));
    CHECK(test::read_text(target.path) == content);
}
