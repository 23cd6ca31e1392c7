// SPDX-License-Identifier: Apache-2.0
//
// Full, read-only and other file systems, for real: what they leave, and what the operator is told.
#include "support/file_systems.hpp"

#include "binary_store/storage_problem.hpp"
#include "unit/binary_store/artifacts.hpp"

using namespace cmw;
using namespace cmw::binary_store;
using doctest::Contains;
using test::on_file_system;

namespace {

const std::string large = program('l', 2'000'000); ///< Does not fit into 1 MiB.
const std::string small = program('s', 100'000);

/// The bytes of one fetch, whose size is not known before.
base::Result<> deliver_quietly(const Store& store, const std::string& content) {
    const auto sink = store.receive(digest_of(content), plenty, nullptr);
    for (std::string_view rest = content; !rest.empty();) {
        const auto piece = rest.substr(0, 50'000);
        if (auto written = sink->write(bytes_of(piece)); !written) return written;
        rest.remove_prefix(piece.size());
    }
    return sink->finish();
}

} // namespace

TEST_CASE("a full file system is named, with the room that is missing, and is not left full") {
    const bool shown = on_file_system("tmpfs", 1024, [](const std::string& mounted) {
        const auto store = Store::open(mounted + "/state").value();
        const auto announced = fetch(store, large);
        CHECK(why(announced) == Contains("cannot store 1.9 MiB: only "));
        CHECK(why(announced) == Contains(("on the file system at " + mounted).c_str()));
        const auto quiet = deliver_quietly(store, large);
        CHECK(why(quiet) == Contains("cannot write the file: No space left"));
        CHECK(why(quiet) == Contains(("free some space on the file system at " + mounted).c_str()));
        CHECK(std::filesystem::is_empty(mounted + "/state/artifacts/partial"));
        CHECK(store.kept().value().empty());
        CHECK(why(fetch(store, small)) == "");
    });
    if (!shown) MESSAGE("skipped: no file system of its own can be mounted here");
}

TEST_CASE("a target on a full file system stays as it is, and is staged once there is room") {
    const bool shown = on_file_system("tmpfs", 1024, [](const std::string& mounted) {
        const test::TemporaryFolder folder;
        const auto store = Store::open(folder / "state").value();
        const Target target{mounted + "/node", 0755, true};
        test::write_text(target.path, small);
        test::write_text(mounted + "/other", std::string(900'000, 'x'));
        const auto newer = program('n', 300'000);
        REQUIRE(fetch(store, newer));
        CHECK(why(stage(store, digest_of(newer), target)) ==
              Contains(("on the file system at " + mounted).c_str()));
        CHECK_FALSE(exists(mounted + "/.node.cmw-staged"));
        CHECK(test::read_text(target.path) == small);
        std::filesystem::remove(mounted + "/other");
        REQUIRE(stage(store, digest_of(newer), target));
        REQUIRE(swap(target));
        REQUIRE(commit(target));
        CHECK(test::read_text(target.path) == newer);
    });
    if (!shown) MESSAGE("skipped: no file system of its own can be mounted here");
}

TEST_CASE("artifacts can be dropped from a full file system") {
    const bool shown = on_file_system("tmpfs", 1024, [](const std::string& mounted) {
        const auto store = Store::open(mounted + "/state").value();
        REQUIRE(fetch(store, small));
        test::write_text(mounted + "/rest", std::string(2'000'000, 'x'));
        REQUIRE(store.remove(digest_of(small)));
        CHECK_FALSE(store.has(digest_of(small)));
        CHECK(why(fetch(store, small)) == "");
    });
    if (!shown) MESSAGE("skipped: no file system of its own can be mounted here");
}

TEST_CASE("a read-only target is named, and nothing moves") {
    const bool shown = on_file_system("tmpfs", 1024, [](const std::string& mounted) {
        const test::TemporaryFolder folder;
        const auto store = Store::open(folder / "state").value();
        const Target target{mounted + "/node", 0755, true};
        test::write_text(target.path, small);
        const auto newer = program('n');
        REQUIRE(fetch(store, newer));
        REQUIRE(::mount("none", mounted.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
        const auto staged = stage(store, digest_of(newer), target);
        CHECK(why(staged) == Contains(("make the file system at " + mounted).c_str()));
        CHECK(why(staged) == Contains("ReadWritePaths="));
        CHECK(test::read_text(target.path) == small);
        CHECK_FALSE(Store::open(mounted + "/state"));
        REQUIRE(::mount("none", mounted.c_str(), nullptr, MS_REMOUNT, nullptr) == 0);
        CHECK(stage(store, digest_of(newer), target));
    });
    if (!shown) MESSAGE("skipped: no file system of its own can be mounted here");
}

TEST_CASE("flaw 5: the target on another file system than the store is upgraded all the same") {
    for (const auto* kind : {"tmpfs", "ext4"}) {
        CAPTURE(kind);
        const bool shown = on_file_system(kind, 16 * 1024, [](const std::string& mounted) {
            const test::TemporaryFolder folder;
            const auto store = Store::open(folder / "state").value();
            const Target target{mounted + "/bin/node", 0755, true};
            test::write_text(target.path, small);
            REQUIRE(stat_of(mounted).st_dev != stat_of(folder / "state").st_dev);
            REQUIRE(fetch(store, large));
            REQUIRE(stage(store, digest_of(large), target));
            REQUIRE(swap(target));
            CHECK(test::read_text(target.path) == large);
            REQUIRE(restore(target, true));
            CHECK(test::read_text(target.path) == small);
            REQUIRE(stage(store, digest_of(large), target));
            REQUIRE(swap(target));
            REQUIRE(commit(target));
            CHECK(test::read_text(target.path) == large);
        });
        if (!shown) MESSAGE("skipped: no " << kind << " of its own can be mounted here");
    }
}

TEST_CASE("flaw 5: what is staged and what is installed is synced before it counts") {
    const test::TemporaryFolder folder;
    const auto store = Store::open(folder / "state").value();
    const Target target{folder / "bin/node", 0755, true};
    std::filesystem::create_directories(folder / "bin");
    std::vector<base::sys::Call> calls;
    const FaultPlan plan([&](base::sys::Call call, std::string_view) {
        if (call != base::sys::Call::stat) calls.push_back(call);
        return 0;
    });
    const auto synced_before_end = [&] {
        return std::ranges::count(calls, base::sys::Call::fsync);
    };
    REQUIRE(fetch(store, small));
    CHECK(synced_before_end() == 2); // The file, and its folder after the rename.
    CHECK(calls.back() == base::sys::Call::fsync);
    const auto renamed = std::ranges::find(calls, base::sys::Call::rename);
    CHECK(std::count(calls.begin(), renamed, base::sys::Call::fsync) == 1);
    calls.clear();
    REQUIRE(stage(store, digest_of(small), target));
    CHECK(synced_before_end() == 2);
    CHECK(calls.back() == base::sys::Call::fsync);
}

TEST_CASE("the mount point of a path is found, also of one that is not there yet") {
    CHECK(mount_point_of("/") == "/");
    CHECK(mount_point_of("/proc/sys/kernel") == "/proc");
    CHECK(mount_point_of("/proc/sys/kernel/not/there") == "/proc");
}
