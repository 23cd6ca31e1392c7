// SPDX-License-Identifier: Apache-2.0
#include "logs/generations.hpp"

#include "support/temporary_folder.hpp"

using namespace cmw::logs;

namespace {

Generation generation(std::string name, std::uint64_t inode, std::int64_t modified,
                      bool live = false) {
    return {std::move(name), {1, inode}, 10, modified, live};
}

std::vector<std::string> names(std::span<const Generation> generations) {
    std::vector<std::string> all;
    for (const auto& one : generations) all.push_back(one.name);
    return all;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("generations are told by their names") {
    for (const auto* name :
         {"cmix.log.1", "cmix.log.10", "cmix.log-20260101", "cmix.log.2026-01-01",
          "cmix.log.20260101-12", "cmix-2026-01-01T00-00-00.000.log", "cmix.1.log"}) {
        CAPTURE(name);
        CHECK(is_older_generation(name, "cmix.log"));
    }
    for (const auto* name :
         {"cmix.log", "cmix.log.", "cmix.log.gz", "cmix.log.1.gz", "cmix.log.old", "cmix.log1",
          "cmix2.log", "xcmix.log.1", "cmix.log.-", "cmix.log.1~", "cmix", "cmix-server.log"}) {
        CAPTURE(name);
        CHECK_FALSE(is_older_generation(name, "cmix.log"));
    }
    CHECK(is_older_generation("cmix.1", "cmix"));
}

TEST_CASE("generations are ordered by their last writing, and within a tick by number") {
    std::vector<Generation> all{
        generation("a.log", 1, 5, true), generation("a.log.1", 2, 30),
        generation("a.log.10", 3, 10),   generation("a.log.2", 4, 20),
        generation("a.log.3", 5, 20),
    };
    sort_generations(all);
    CHECK(names(all) == Names{"a.log.10", "a.log.3", "a.log.2", "a.log.1", "a.log"});

    CHECK(names(written_after(all, {1, 4}, 0)) == Names{"a.log.1", "a.log"});
    CHECK(names(written_after(all, {1, 1}, 0)).empty());
    // Gone: what was written since.
    CHECK(names(written_after(all, {1, 99}, 20)) ==
          Names{"a.log.3", "a.log.2", "a.log.1", "a.log"});
    CHECK(names(written_after(all, {1, 99}, 31)) == Names{"a.log"});
    CHECK(names(written_after({}, {1, 99}, 0)).empty());
}

TEST_CASE("the folder is searched for a log's generations") {
    const cmw::test::TemporaryFolder folder;
    for (const auto* name : {"a.log", "a.log.1", "a.log.2.gz", "b.log"})
        cmw::test::write_text(folder / name, "x");
    const auto found = list_generations(folder / "a.log").value();
    CHECK(names(found) == Names{"a.log.1", "a.log"});
    CHECK(found.back().live);
    CHECK(list_generations(folder / "none/a.log").value().empty());
}
