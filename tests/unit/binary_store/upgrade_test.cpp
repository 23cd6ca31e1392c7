// SPDX-License-Identifier: Apache-2.0
//
// Fetch, stage, swap and commit as one upgrade, where each system call in turn fails or is the last
// one before the process is killed.
#include "support/file_systems.hpp"
#include "unit/binary_store/archives.hpp"
#include "unit/binary_store/artifacts.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cmw;
using namespace cmw::binary_store;
using base::sys::Call;

namespace {

/// What the reconciler does to bring `artifact` to `target`, told by digests alone.
base::Result<> upgrade(const std::string& state, const Target& target,
                       const std::string& artifact) {
    const auto store = Store::open(state);
    if (!store) return base::fail(store.error());
    const auto digest = digest_of(artifact);
    if (!store->has(digest)) {
        if (auto done = fetch(*store, artifact); !done) return done;
    }
    const auto installed = verify_installed(*store, target, digest);
    if (!installed) return base::fail(installed.error());
    if (!*installed || (*installed)->digest != digest) {
        if (auto done = stage(*store, digest, target); !done) return done;
        if (auto done = swap(target); !done) return done;
    }
    if (auto done = commit(target); !done) return done;
    if (auto done = store->uses().note(digest, "node"); !done) return done;
    const auto inventory = store->inventory();
    if (!inventory) return base::fail(inventory.error());
    for (const auto& drop : what_to_drop(*inventory, {digest}, {{{"node", 1}}, 0}))
        if (auto done = store->remove(drop.digest); !done) return done;
    return {};
}

struct Machine {
    std::string folder;
    bool packed; ///< What is fetched is an archive.
    std::string old_content = program('o', 20'000);
    std::string new_content = program('n', 20'000);
    std::string artifact =
        packed ? test::make_archive("tar.gz", {{"a", "x"}, {"node", new_content}}) : new_content;
    std::string state = folder + "/state";
    Target target{folder + "/bin/node", 0755, true, packed ? "node" : "", plenty};
    base::UniqueFd running; ///< The old program's file, as the process that runs it has it.

    Machine(std::string in, bool is_packed) : folder(std::move(in)), packed(is_packed) {
        install_old();
    }

    /// With an artifact in the store, and a broken-off fetch, that are to be dropped.
    void install_old() {
        std::filesystem::remove_all(state);
        std::filesystem::remove_all(folder + "/bin");
        test::write_text(target.path, old_content);
        const auto store = Store::open(state).value();
        REQUIRE(fetch(store, old_content));
        REQUIRE(store.uses().note(digest_of(old_content), "node"));
        test::write_text(state + "/artifacts/partial/" + digest_of("gone").name(), "part");
        running.reset(::open(target.path.c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(running);
    }
    void check_whole() const {
        const auto found = test::read_text(target.path);
        CHECK((found == old_content || found == new_content));
        const auto executed = base::digest_of_file(running.get(), "running");
        CHECK(executed.value() == digest_of(old_content));
    }
    void check_upgraded() const {
        CHECK(test::read_text(target.path) == new_content);
        std::size_t beside = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator(folder + "/bin"))
            ++beside;
        CHECK(beside == 1);
        const auto store = Store::as_it_is(state);
        CHECK(store.kept().value() == std::vector{digest_of(artifact)});
        CHECK(std::filesystem::is_empty(state + "/artifacts/partial"));
    }
};

/// The calls of one upgrade that nothing disturbs.
unsigned calls_of_upgrade(const Machine& machine) {
    unsigned calls = 0;
    const FaultPlan plan([&](Call, std::string_view) { return ++calls, 0; });
    REQUIRE(upgrade(machine.state, machine.target, machine.artifact));
    return calls;
}

void fail_each_call(Machine machine) {
    const auto calls = calls_of_upgrade(machine);
    REQUIRE(calls > 20);
    unsigned failures = 0;
    for (const int error : {EIO, ENOSPC, EACCES, EROFS, EPERM, EXDEV}) {
        for (unsigned failing = 1; failing <= calls; ++failing) {
            CAPTURE(failing);
            CAPTURE(error);
            machine.install_old();
            {
                unsigned call = 0;
                const FaultPlan plan(
                    [&](Call, std::string_view) { return ++call == failing ? error : 0; });
                const auto done = upgrade(machine.state, machine.target, machine.artifact);
                if (!done) ++failures;
                if (!done) CHECK(done.error().what.starts_with("cannot "));
            }
            machine.check_whole();
            REQUIRE(upgrade(machine.state, machine.target, machine.artifact));
            machine.check_upgraded();
        }
    }
    CHECK(failures > calls);
}

void kill_before_each_call(Machine machine) {
    const auto calls = calls_of_upgrade(machine);
    constexpr int killed = 42;
    for (unsigned last = 1; last <= calls; ++last) {
        CAPTURE(last);
        machine.install_old();
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            unsigned call = 0;
            base::sys::set_fault_plan([&](Call, std::string_view) {
                if (++call == last) ::_exit(killed);
                return 0;
            });
            (void)upgrade(machine.state, machine.target, machine.artifact);
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == killed);
        machine.check_whole();
        REQUIRE(upgrade(machine.state, machine.target, machine.artifact));
        machine.check_upgraded();
    }
}

/// On new file systems in memory; where this user may not have them, on that of temporary files.
void on_each_file_system(const std::function<void(const std::string& folder)>& body) {
    bool done = false;
    for (const auto* kind : {"tmpfs", "ext4"}) {
        CAPTURE(kind);
        const bool mounted = test::on_file_system(kind, 16 * 1024, body);
        if (!mounted) MESSAGE("skipped: no " << kind << " of its own can be mounted here");
        done |= mounted;
    }
    if (done) return;
    const test::TemporaryFolder folder;
    body(folder.path());
}

} // namespace

TEST_CASE("whichever call of an upgrade fails, there is a whole file and the next try succeeds") {
    on_each_file_system([](const std::string& folder) {
        fail_each_call({folder, false});
        fail_each_call({folder, true});
    });
}

TEST_CASE("killed before any call of an upgrade, the next one completes it") {
    on_each_file_system([](const std::string& folder) {
        kill_before_each_call({folder, false});
        kill_before_each_call({folder, true});
    });
}

TEST_CASE("a swap that fails leaves the very file that was there") {
    const test::TemporaryFolder folder;
    const Machine machine(folder.path(), false);
    const auto store = Store::open(machine.state).value();
    REQUIRE(fetch(store, machine.new_content));
    REQUIRE(stage(store, digest_of(machine.new_content), machine.target));
    const auto inode = stat_of(machine.target.path).st_ino;
    bool swapped = false;
    for (unsigned failing = 1; !swapped; ++failing) {
        REQUIRE(failing < 20);
        unsigned call = 0;
        const FaultPlan plan([&](Call, std::string_view) { return ++call == failing ? EIO : 0; });
        swapped = swap(machine.target).has_value();
        CHECK((stat_of(machine.target.path).st_ino == inode) == !swapped);
    }
    CHECK(test::read_text(machine.target.path) == machine.new_content);
}

TEST_CASE("a restore that fails anywhere can be done again, until the old file is back") {
    on_each_file_system([](const std::string& folder) {
        Machine machine(folder, false);
        const auto store = Store::open(machine.state).value();
        REQUIRE(fetch(store, machine.new_content));
        for (unsigned failing = 1;; ++failing) {
            REQUIRE(failing < 20);
            machine.install_old();
            const auto again = Store::open(machine.state).value();
            REQUIRE(fetch(again, machine.new_content));
            REQUIRE(stage(again, digest_of(machine.new_content), machine.target));
            REQUIRE(swap(machine.target));
            unsigned call = 0;
            {
                const FaultPlan plan(
                    [&](Call, std::string_view) { return ++call == failing ? EIO : 0; });
                if (restore(machine.target, true) && call < failing) break;
            }
            machine.check_whole();
            REQUIRE(restore(machine.target, true));
            CHECK(test::read_text(machine.target.path) == machine.old_content);
        }
    });
}
