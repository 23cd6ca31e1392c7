// SPDX-License-Identifier: Apache-2.0
#include "unit/binary_store/artifacts.hpp"

using namespace cmw;
using namespace cmw::binary_store;
using doctest::Contains;

namespace {

struct Fixture {
    test::TemporaryFolder folder;
    Store store = Store::open(folder / "state").value();
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a store knows what it keeps, also when it is opened again") {
    CHECK(store.kept().value().empty());
    REQUIRE(fetch(store, program('a')));
    REQUIRE(fetch(store, program('b')));
    test::write_text(folder / "state/artifacts/notes.txt", "not an artifact");
    const auto again = Store::open(folder / "state").value();
    auto expected = std::vector{digest_of(program('a')), digest_of(program('b'))};
    std::ranges::sort(expected);
    CHECK(again.kept().value() == expected);
    CHECK(again.has(digest_of(program('a'))));
    CHECK_FALSE(again.has(digest_of(program('c'))));
}

TEST_CASE_FIXTURE(Fixture, "what is removed is gone, and once more is no error") {
    const auto digest = digest_of(program('a'));
    REQUIRE(fetch(store, program('a')));
    test::write_text(folder / "state/artifacts/partial/" + digest.name(), "left over");
    REQUIRE(store.remove(digest));
    CHECK_FALSE(store.has(digest));
    CHECK(store.partial().value().empty());
    CHECK(store.remove(digest));
}

TEST_CASE_FIXTURE(Fixture, "an installed file is imported if it is what it should be") {
    const auto content = program('i');
    test::write_text(folder / "installed", content);
    REQUIRE(store.import(folder / "installed", digest_of(content)));
    CHECK(test::read_text(store.path(digest_of(content))) == content);
    CHECK((stat_of(store.path(digest_of(content))).st_mode & 07777) == 0400);

    const auto other = digest_of("other");
    CHECK(why(store.import(folder / "installed", other)) == Contains("not the approved"));
    CHECK_FALSE(store.has(other));
    CHECK(why(store.import(folder / "missing", other)) == Contains("missing"));
    CHECK(why(store.import(folder / "state", other)) == Contains("not a regular file"));
    CHECK(std::filesystem::is_empty(folder / "state/artifacts/partial"));
}

TEST_CASE_FIXTURE(Fixture, "an operator's file is imported under the digest of what was copied") {
    const auto content = program('m');
    test::write_text(folder / "mine", content);
    std::filesystem::create_symlink(folder / "mine", folder / "link");
    for (const auto* name : {"mine", "link"}) {
        const auto digest = store.import(folder / name, base::default_algorithm);
        REQUIRE(digest);
        CHECK(*digest == digest_of(content));
        CHECK(test::read_text(store.path(*digest)) == content);
        REQUIRE(store.remove(*digest));
    }
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    for (const auto* name : {"fifo", "state", "missing"}) {
        CAPTURE(name);
        const auto digest = store.import(folder / name, base::default_algorithm);
        REQUIRE_FALSE(digest);
        CHECK(digest.error().where == folder / name);
    }
    CHECK(store.kept().value().empty());
    CHECK(std::filesystem::is_empty(folder / "state/artifacts/partial"));
    CHECK(test::read_text(folder / "mine") == content);
}

TEST_CASE_FIXTURE(Fixture, "what a killed import left goes, what can be resumed stays") {
    const auto partial = folder / "state/artifacts/partial/" + digest_of("x").name();
    test::write_text(partial, "kept");
    test::write_text(partial + ".import", "half a copy");
    REQUIRE(Store::open(folder / "state"));
    CHECK(exists(partial));
    CHECK_FALSE(exists(partial + ".import"));
}

TEST_CASE_FIXTURE(Fixture, "a folder that cannot be is named") {
    test::write_text(folder / "file", "");
    const auto opened = Store::open(folder / "file");
    REQUIRE_FALSE(opened);
    CHECK(shown(base::to_string(opened.error())) == Contains("file/artifacts"));
    CHECK(shown(base::to_string(opened.error())) == Contains("cannot make the folder"));
}

TEST_CASE_FIXTURE(Fixture,
                  "what a killed host had fetched so far is not fetched again by the next") {
    const auto content = program('r');
    const auto digest = digest_of(content);
    {
        const auto sink = store.receive(digest, plenty, nullptr);
        REQUIRE(sink->begin(0, content.size()));
        REQUIRE(sink->write(bytes_of(content).first(60'000)));
    } // Killed: neither finished nor refused.
    const auto again = Store::open(folder / "state").value();
    CHECK(again.partial().value() == std::vector{digest});
    const auto progress = std::make_shared<Progress>();
    const auto sink = again.receive(digest, plenty, progress);
    REQUIRE(sink->offset() == 60'000);
    REQUIRE(sink->begin(60'000, content.size()));
    CHECK(progress->received == 60'000);
    REQUIRE(sink->write(bytes_of(content).subspan(60'000)));
    REQUIRE(sink->finish());
    CHECK(test::read_text(again.path(digest)) == content);
}
