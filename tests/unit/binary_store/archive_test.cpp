// SPDX-License-Identifier: Apache-2.0
#include "binary_store/archive.hpp"

#include "unit/binary_store/archives.hpp"
#include "unit/binary_store/artifacts.hpp"

#include <cstring>

using namespace cmw;
using namespace cmw::binary_store;
using doctest::Contains;
using test::make_archive;
using test::Member;

namespace {

constexpr const char* kinds[] = {"tar", "tar.gz", "tar.zst", "zip"};
constexpr std::uint64_t mebibyte = 1 << 20;

struct Unpacked {
    base::Result<> done;
    std::string content;
    std::uint64_t announced = 0;
};

Unpacked unpack(const std::string& bytes, std::string_view member,
                std::uint64_t max_size = mebibyte) {
    Unpacked unpacked;
    const ArchiveBytes archive{
        "/store/archive", bytes.size(),
        [&](std::span<std::byte> buffer, std::int64_t offset) -> tl::expected<std::size_t, int> {
            const auto rest = std::string_view(bytes).substr(static_cast<std::size_t>(offset));
            const auto count = std::min(buffer.size(), rest.size());
            std::memcpy(buffer.data(), rest.data(), count);
            return count;
        }};
    unpacked.done = unpack_member(archive, member, max_size,
                                  {[&](std::uint64_t size) -> base::Result<> {
                                       unpacked.announced = size;
                                       return {};
                                   },
                                   [&](std::span<const std::byte> part) -> base::Result<> {
                                       unpacked.content.append(
                                           reinterpret_cast<const char*>(part.data()), part.size());
                                       return {};
                                   }});
    return unpacked;
}

} // namespace

TEST_CASE("one member is taken out of each kind of archive") {
    const auto content = program('n', 700'000);
    for (const auto* kind : kinds) {
        for (const auto* name : {"bin/node", "./bin/node", "/bin/node", "bin//./node"}) {
            CAPTURE(kind);
            CAPTURE(name);
            const auto archive = make_archive(kind, {{"README", "read me"},
                                                     {"bin/", "", AE_IFDIR},
                                                     {name, content},
                                                     {"bin/node.txt", "no"},
                                                     {"../escape", "no"}});
            const auto unpacked = unpack(archive, "bin/node");
            CHECK(why(unpacked.done) == "");
            CHECK(unpacked.announced == content.size());
            CHECK(unpacked.content == content);
        }
    }
}

TEST_CASE("names in an archive are compared without what does not count") {
    CHECK(normal_member_name("bin/node") == "bin/node");
    CHECK(normal_member_name("./bin/./node") == "bin/node");
    CHECK(normal_member_name("//bin//node/") == "bin/node");
    for (const auto* name : {"", ".", "/", "./", "..", "../node", "bin/../node", "bin/.."}) {
        CAPTURE(name);
        CHECK(normal_member_name(name) == std::nullopt);
    }
}

TEST_CASE("what is not one regular file in the archive is refused") {
    struct Case {
        const char* what;
        std::vector<Member> members;
        const char* reason;
    };
    const std::string big(2 * mebibyte, '\0');
    const std::vector<Case> table{
        {"missing", {{"lib/a", "x"}, {"lib/b", "x"}}, "it has no file node, but lib/a, lib/b"},
        {"many others",
         {{"1", "x"}, {"2", "x"}, {"3", "x"}, {"4", "x"}, {"5", "x"}, {"6", "x"}, {"7", "x"}},
         "but 1, 2, 3, 4, 5 and more"},
        {"a name that would hurt a terminal", {{"a\x1b[2J", "x"}}, "but a?[2J"},
        {"twice", {{"node", "one"}, {"node", "two"}}, "it has node more than once"},
        {"twice under two names", {{"node", "one"}, {"./node", "two"}}, "node more than once"},
        {"symbolic link", {{"node", "", AE_IFLNK, "/etc/passwd"}}, "its node is a link"},
        {"folder", {{"node", "", AE_IFDIR}}, "its node is not a regular file"},
        {"empty", {{"node", ""}}, "its node is empty"},
        {"too large", {{"node", big}}, "unpacked it has more than 1 MiB, the limit"},
        {"another one is too large", {{"other", big}, {"node", "x"}}, "more than 1 MiB"},
        {"too large together",
         {{"a", std::string(mebibyte, 'a')}, {"node", "x"}},
         "more than 1 MiB"},
        {"dots are another name", {{"bin/../node", "x"}}, "it has no file node"},
    };
    for (const auto* kind : kinds) {
        for (const auto& entry : table) {
            CAPTURE(kind);
            CAPTURE(entry.what);
            const auto unpacked = unpack(make_archive(kind, entry.members), "node");
            CHECK(why(unpacked.done) == Contains("cannot unpack the archive: "));
            CHECK(why(unpacked.done) == Contains(entry.reason));
        }
    }
}

TEST_CASE("links, devices and pipes of a tar are refused") {
    CHECK(
        why(unpack(make_archive("tar", {{"a", "x"}, {"node", "", AE_IFREG, "a"}}), "node").done) ==
        Contains("its node is a link"));
    for (const auto type : {AE_IFIFO, AE_IFCHR, AE_IFBLK}) {
        const auto archive = make_archive("tar", {{"node", "", static_cast<unsigned>(type)}});
        CHECK(why(unpack(archive, "node").done) == Contains("not a regular file"));
    }
}

TEST_CASE("a bomb is refused before it is unpacked") {
    const std::string zeros(64 * mebibyte, '\0');
    for (const auto* kind : {"tar.gz", "tar.zst", "zip"}) {
        CAPTURE(kind);
        const auto archive = make_archive(kind, {{"node", zeros}});
        CHECK(archive.size() < mebibyte);
        const auto unpacked = unpack(archive, "node");
        CHECK(why(unpacked.done) == Contains("raise max-size"));
        CHECK(unpacked.content.empty());
    }
}

TEST_CASE("what is packed more than once is refused") {
    const auto inner = make_archive("tar.gz", {{"node", "x"}});
    const auto twice = make_archive("tar.gz", {{"inner.tar.gz", inner}});
    CHECK(why(unpack(twice, "node").done) == Contains("it has no file node, but inner.tar.gz"));
}

TEST_CASE("what is no archive, or only a part of one, is refused") {
    for (const auto& bytes : {std::string("#!/bin/sh\n"), std::string(100'000, 'x'), std::string()})
        CHECK(why(unpack(bytes, "node").done) == Contains("cannot unpack the archive"));
    const auto content = program('n', 50'000);
    for (const auto* kind : kinds) {
        const auto whole = make_archive(kind, {{"first", "x"}, {"node", content}});
        const auto step = std::max<std::size_t>(whole.size() / 40, 1);
        for (std::size_t size = 1; size < whole.size(); size += step) {
            CAPTURE(kind);
            CAPTURE(size);
            const auto unpacked = unpack(whole.substr(0, size), "node");
            // A tar whose end mark alone is missing has all of the file.
            if (unpacked.done) CHECK(unpacked.content == content);
        }
        CHECK_FALSE(unpack(whole.substr(0, whole.size() / 2), "node").done);
    }
}

TEST_CASE("what the sink or the disk refuses ends it with their words") {
    const auto bytes = make_archive("tar.gz", {{"node", "content"}});
    const ArchiveBytes broken{"/store/archive", bytes.size(), [](auto, auto) {
                                  return tl::expected<std::size_t, int>(tl::unexpected(EIO));
                              }};
    const auto refuse = [](auto) { return base::Result<>(base::fail("", "cannot take more")); };
    const auto accept = [](auto) { return base::Result<>(); };
    const auto done = unpack_member(broken, "node", mebibyte, {accept, accept});
    CHECK(why(done) == Contains("/store/archive: cannot read the archive"));
    CHECK(why(done) == Contains("check the disk"));
    const ArchiveBytes good{"/store/archive", bytes.size(), [&](auto buffer, std::int64_t offset) {
                                const auto rest =
                                    std::span(bytes).subspan(static_cast<std::size_t>(offset));
                                const auto count = std::min(buffer.size(), rest.size());
                                std::memcpy(buffer.data(), rest.data(), count);
                                return tl::expected<std::size_t, int>(count);
                            }};
    CHECK(why(unpack_member(good, "node", mebibyte, {refuse, accept})) == "cannot take more");
    CHECK(why(unpack_member(good, "node", mebibyte, {accept, refuse})) == "cannot take more");
}

namespace {

struct Packed {
    test::TemporaryFolder folder;
    Store store = Store::open(folder / "state").value();
    Target target{folder / "bin/node", 0755, true, "bin/node", mebibyte};
    std::string content = program('n');
    std::string archive = make_archive("tar.gz", {{"bin/node", content}});

    Packed() { std::filesystem::create_directories(folder / "bin"); }
    base::Result<> install(const std::string& bytes) {
        return fetch(store, bytes)
            .and_then([&] { return stage(store, digest_of(bytes), target); })
            .and_then([&] { return swap(target); });
    }
    std::optional<base::Digest> installed(const std::optional<base::Digest>& expected) {
        const auto found = verify_installed(store, target, expected);
        REQUIRE(found);
        return *found ? std::optional((*found)->digest) : std::nullopt;
    }
};

} // namespace

TEST_CASE_FIXTURE(Packed, "a file out of an archive is installed, and named by the archive") {
    REQUIRE(fetch(store, archive));
    REQUIRE(stage(store, digest_of(archive), target));
    CHECK((*verify_staged(store, target, {}).value()).digest == digest_of(archive));
    REQUIRE(swap(target));
    CHECK(test::read_text(target.path) == content);
    CHECK((stat_of(target.path).st_mode & 07777) == 0755);
    CHECK(installed(digest_of(archive)) == digest_of(archive));
    CHECK(installed(digest_of("other")) == digest_of(archive));
    test::write_text(target.path, content + "tampered");
    CHECK(installed(digest_of(archive)) == digest_of(content + "tampered"));
}

TEST_CASE_FIXTURE(Packed, "one file of two archives is named by the one that is expected") {
    const auto again = make_archive("zip", {{"bin/node", content}, {"LICENSE", "free"}});
    REQUIRE(install(archive));
    REQUIRE(install(again));
    CHECK(installed(digest_of(archive)) == digest_of(archive));
    CHECK(installed(digest_of(again)) == digest_of(again));
    REQUIRE(store.remove(digest_of(archive)));
    CHECK(installed(digest_of(archive)) == digest_of(again));
}

TEST_CASE_FIXTURE(Packed, "two members of one archive are two files") {
    const auto both = make_archive("tar.zst", {{"bin/node", content}, {"lib/x.so", program('x')}});
    REQUIRE(install(both));
    Target library{folder / "lib/x.so", 0644, false, "lib/x.so", mebibyte};
    std::filesystem::create_directories(folder / "lib");
    REQUIRE(stage(store, digest_of(both), library));
    REQUIRE(swap(library));
    CHECK(test::read_text(library.path) == program('x'));
    CHECK(installed(digest_of(both)) == digest_of(both));
    CHECK((*verify_installed(store, library, {}).value()).digest == digest_of(both));
    // The one in the place of the other is not what was approved there.
    test::write_text(target.path, program('x'));
    CHECK(installed(digest_of(both)) == digest_of(program('x')));
}

TEST_CASE_FIXTURE(Packed, "an archive that was changed in the store is not unpacked") {
    REQUIRE(fetch(store, archive));
    const auto other = make_archive("tar.gz", {{"bin/node", program('e')}});
    std::filesystem::remove(store.path(digest_of(archive)));
    test::write_text(store.path(digest_of(archive)), other);
    CHECK(why(stage(store, digest_of(archive), target)) == Contains("not the approved"));
    CHECK(std::filesystem::is_empty(folder / "bin"));
}

TEST_CASE_FIXTURE(Packed, "nothing is staged of an archive that does not hold a program") {
    for (const auto& bytes :
         {make_archive("tar.gz", {{"bin/node", "neither ELF nor script"}}),
          make_archive("tar.gz", {{"bin/other", content}}),
          make_archive("tar.gz", {{"bin/node", content}, {"./bin/node", content}}), content}) {
        CHECK_FALSE(install(bytes));
        CHECK(std::filesystem::is_empty(folder / "bin"));
    }
}

TEST_CASE_FIXTURE(Packed, "a damaged note makes the file unknown, not another one") {
    REQUIRE(install(archive));
    for (const auto& note :
         std::filesystem::directory_iterator(folder / "state/artifacts/members")) {
        for (const auto& text : {std::string(), std::string("?"), std::string(5000, 'a')}) {
            std::filesystem::remove(note.path());
            test::write_text(note.path().string(), text);
            CHECK(installed(digest_of(archive)) == digest_of(content));
        }
    }
}
