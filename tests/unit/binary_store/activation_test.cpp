// SPDX-License-Identifier: Apache-2.0
#include "unit/binary_store/artifacts.hpp"

#include <unistd.h>

using namespace cmw;
using namespace cmw::binary_store;
using namespace std::chrono_literals;
using base::sys::Call;
using doctest::Contains;

namespace {

struct Fixture {
    test::TemporaryFolder folder;
    Store store = Store::open(folder / "state").value();
    std::string old_content = program('o');
    std::string new_content = program('n');
    Target target{folder / "bin/node", 0755, true};
    std::string staged = folder / "bin/.node.cmw-staged";
    std::string previous = folder / "bin/.node.cmw-previous";

    Fixture() {
        test::write_text(target.path, old_content);
        REQUIRE(fetch(store, new_content));
    }
    base::Result<> stage_new() { return stage(store, digest_of(new_content), target); }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a new file is staged, swapped in and committed") {
    REQUIRE(stage_new());
    CHECK(test::read_text(target.path) == old_content);
    CHECK((stat_of(staged).st_mode & 07777) == 0755);
    const auto verified = verify_staged(store, target, digest_of("any"));
    REQUIRE(verified.value());
    CHECK((*verified)->digest == digest_of(new_content));

    const auto old_inode = stat_of(target.path).st_ino;
    REQUIRE(swap(target));
    CHECK(test::read_text(target.path) == new_content);
    CHECK(stat_of(previous).st_ino == old_inode);
    CHECK_FALSE(exists(staged));

    REQUIRE(commit(target));
    CHECK_FALSE(exists(previous));
    CHECK(test::read_text(target.path) == new_content);
    CHECK(commit(target));
}

TEST_CASE_FIXTURE(Fixture, "the previous file is put back, and once more is no error") {
    const auto before = stat_of(target.path);
    REQUIRE(stage_new());
    REQUIRE(swap(target));
    REQUIRE(restore(target, true));
    CHECK(stat_of(target.path).st_ino == before.st_ino);
    CHECK(test::read_text(target.path) == old_content);
    CHECK_FALSE(exists(previous));
    CHECK(restore(target, true));
    CHECK(test::read_text(target.path) == old_content);
}

TEST_CASE_FIXTURE(Fixture, "a first installation is undone by removing it") {
    std::filesystem::remove(target.path);
    test::write_text(previous, "left over from long ago");
    REQUIRE(stage_new());
    REQUIRE(swap(target));
    CHECK(test::read_text(target.path) == new_content);
    CHECK_FALSE(exists(previous));
    REQUIRE(restore(target, false));
    CHECK_FALSE(exists(target.path));
    CHECK(restore(target, false));
    CHECK(why(restore(target, true)) == Contains("it is missing"));
}

TEST_CASE_FIXTURE(Fixture, "a swap keeps the file that it replaces, not an older one") {
    test::write_text(previous, "older");
    REQUIRE(stage_new());
    REQUIRE(swap(target));
    CHECK(test::read_text(previous) == old_content);
}

TEST_CASE_FIXTURE(Fixture, "without a staged file nothing is swapped") {
    CHECK(verify_staged(store, target, std::nullopt).value() == std::nullopt);
    CHECK(why(swap(target)) == Contains("nothing is staged"));
    CHECK(test::read_text(target.path) == old_content);
    CHECK_FALSE(exists(previous));
}

TEST_CASE_FIXTURE(Fixture, "a swap that a kill cut off between its steps is done again") {
    REQUIRE(stage_new());
    std::filesystem::create_hard_link(target.path, previous);
    SUBCASE("and goes on") {
        REQUIRE(swap(target));
        CHECK(test::read_text(previous) == old_content);
        CHECK(test::read_text(target.path) == new_content);
    }
    SUBCASE("or is undone: both names are one file, which a rename leaves as they are") {
        REQUIRE(restore(target, true));
        CHECK(test::read_text(target.path) == old_content);
        CHECK_FALSE(exists(previous));
    }
}

TEST_CASE_FIXTURE(Fixture, "where there are no hard links the previous file is a copy") {
    std::filesystem::permissions(target.path, std::filesystem::perms(0750));
    REQUIRE(stage_new());
    {
        const FaultPlan no_links(every(Call::link, EPERM));
        REQUIRE(swap(target));
    }
    CHECK(test::read_text(target.path) == new_content);
    CHECK(test::read_text(previous) == old_content);
    CHECK((stat_of(previous).st_mode & 07777) == 0750);
    REQUIRE(restore(target, true));
    CHECK(test::read_text(target.path) == old_content);
}

TEST_CASE_FIXTURE(Fixture, "a symbolic link is replaced itself, and put back") {
    std::filesystem::rename(target.path, folder / "bin/node-1.0");
    std::filesystem::create_symlink("node-1.0", target.path);
    REQUIRE(stage_new());
    REQUIRE(swap(target));
    CHECK(S_ISREG(stat_of(target.path).st_mode));
    CHECK(test::read_text(folder / "bin/node-1.0") == old_content);
    REQUIRE(restore(target, true));
    CHECK(std::filesystem::read_symlink(target.path) == "node-1.0");
}

TEST_CASE_FIXTURE(Fixture, "a store whose file was changed is not believed") {
    const auto kept = store.path(digest_of(new_content));
    std::filesystem::remove(kept);
    test::write_text(kept, program('f'));
    CHECK(why(stage_new()) == Contains("not the approved"));
    CHECK_FALSE(exists(staged));
    std::filesystem::remove(kept);
    CHECK(why(stage_new()) == Contains("cannot open the file"));
}

TEST_CASE_FIXTURE(Fixture, "a program must be fit to execute, a library need not") {
    const std::string data(5'000, 'd');
    REQUIRE(fetch(store, data));
    CHECK(why(stage(store, digest_of(data), target)) == Contains("neither an ELF"));
    CHECK_FALSE(exists(staged));
    target.executable = false;
    CHECK(stage(store, digest_of(data), target));
}

TEST_CASE_FIXTURE(Fixture, "a folder or a FIFO is not replaced") {
    const Target odd{folder / "bin", 0755, true};
    CHECK(why(stage(store, digest_of(new_content), odd)) == Contains("not a regular file"));
    const Target fifo{folder / "fifo", 0755, true};
    REQUIRE(::mkfifo(fifo.path.c_str(), 0600) == 0);
    CHECK(why(stage(store, digest_of(new_content), fifo)) == Contains("not a regular file"));
    const auto read = verify(fifo.path, base::default_algorithm);
    REQUIRE_FALSE(read);
    CHECK(shown(base::to_string(read.error())) == Contains("not a regular file"));
}

TEST_CASE_FIXTURE(Fixture, "a folder that is missing is named") {
    const Target nowhere{folder / "none/node", 0755, true};
    CHECK(why(stage(store, digest_of(new_content), nowhere)) == Contains("none"));
}

TEST_CASE_FIXTURE(Fixture, "the new file has the owner of the present one") {
    if (::geteuid() == 0) {
        REQUIRE(::chown(target.path.c_str(), 12'345, 23'456) == 0);
        target.mode = 04755; // Survives the change of owner.
        REQUIRE(stage_new());
        CHECK(stat_of(staged).st_uid == 12'345);
        CHECK(stat_of(staged).st_gid == 23'456);
        CHECK((stat_of(staged).st_mode & 07777) == 04755);
    }
    // Who may not give files away goes on with its own.
    const FaultPlan not_root(every(Call::chown, EPERM));
    target.mode = 0700;
    REQUIRE(stage_new());
    CHECK(stat_of(staged).st_uid == ::geteuid());
    CHECK((stat_of(staged).st_mode & 07777) == 0700);
}

TEST_CASE_FIXTURE(Fixture, "what the disk says is put in words, and nothing half is left") {
    const std::vector<std::tuple<Call, int, std::string>> table{
        {Call::copy, ENOSPC, "free some space"}, {Call::copy, EIO, "check the disk"},
        {Call::open, EROFS, "ReadWritePaths"},   {Call::open, EACCES, "the right to write"},
        {Call::fsync, EIO, "check the disk"},    {Call::chmod, EPERM, "the right to write"},
        {Call::statvfs, EIO, "check the disk"},  {Call::chown, EROFS, "ReadWritePaths"},
    };
    for (const auto& [call, error, expected] : table) {
        CAPTURE(expected);
        const auto fails = call;
        const auto with = error;
        // Only beside the target: reading the store goes well.
        const FaultPlan plan([&](Call now, std::string_view path) {
            return now == fails && (path.empty() || path.find("/bin") != path.npos) ? with : 0;
        });
        const auto done = stage_new();
        CHECK(why(done) == Contains(expected.c_str()));
        CHECK(why(done) == Contains("bin"));
        CHECK_FALSE(exists(staged));
        CHECK(test::read_text(target.path) == old_content);
    }
    CHECK(stage_new());
}

TEST_CASE_FIXTURE(Fixture, "a file that stays as it was hashed is not hashed again") {
    CHECK(verify(folder / "missing", base::default_algorithm).value() == std::nullopt);
    auto then = verify(target.path, base::default_algorithm).value().value();
    CHECK(then.digest == digest_of(old_content));
    const auto now = [&] { return identity_of(stat_of(target.path)); };
    CHECK(then.identity == now());
    // It was written a moment before it was hashed: a change in the same tick would not show.
    CHECK_FALSE(still_verified(then, now()));
    then.hashed_at += 3s;
    CHECK(still_verified(then, now()));
    // The clock was set back meanwhile.
    then.hashed_at -= 60s;
    CHECK_FALSE(still_verified(then, now()));
    then.hashed_at += 60s;
    auto other = now();
    ++other.ctime_ns;
    CHECK_FALSE(still_verified(then, other));
    test::write_text(target.path, old_content + "x");
    CHECK_FALSE(still_verified(then, now()));
}
