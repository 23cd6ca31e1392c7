// SPDX-License-Identifier: Apache-2.0
//
// Fetch, stage, swap and commit as one upgrade, where each system call in turn fails or is the last
// one before the process is killed.
#include "unit/binary_store/artifacts.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cmw;
using namespace cmw::binary_store;
using base::sys::Call;

namespace {

/// What the reconciler does to bring `content` to `target`, told by digests alone.
base::Result<> upgrade(const std::string& state, const Target& target, const std::string& content) {
    const auto store = Store::open(state);
    if (!store) return base::fail(store.error());
    const auto digest = digest_of(content);
    if (!store->has(digest)) {
        if (auto done = fetch(*store, content); !done) return done;
    }
    const auto installed = verify(target.path, digest.algorithm);
    if (!installed) return base::fail(installed.error());
    if (!*installed || (*installed)->digest != digest) {
        if (auto done = stage(*store, digest, target); !done) return done;
        if (auto done = swap(target); !done) return done;
    }
    return commit(target);
}

struct Machine {
    test::TemporaryFolder folder;
    std::string old_content = program('o');
    std::string new_content = program('n');
    std::string state = folder / "state";
    Target target{folder / "bin/node", 0755, true};
    base::UniqueFd running; ///< The old program's file, as the process that runs it has it.

    Machine() { install_old(); }

    void install_old() {
        std::filesystem::remove_all(state);
        std::filesystem::remove_all(folder / "bin");
        test::write_text(target.path, old_content);
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
             std::filesystem::directory_iterator(folder / "bin"))
            ++beside;
        CHECK(beside == 1);
        CHECK(std::filesystem::is_empty(state + "/artifacts/partial"));
    }
};

/// The calls of one upgrade that nothing disturbs.
unsigned calls_of_upgrade() {
    const Machine machine;
    unsigned calls = 0;
    const FaultPlan plan([&](Call, std::string_view) { return ++calls, 0; });
    REQUIRE(upgrade(machine.state, machine.target, machine.new_content));
    return calls;
}

} // namespace

TEST_CASE("whichever call of an upgrade fails, there is a whole file and the next try succeeds") {
    const auto calls = calls_of_upgrade();
    REQUIRE(calls > 20);
    Machine machine;
    unsigned failures = 0;
    for (const int error : {EIO, ENOSPC, EACCES, EROFS, EPERM}) {
        for (unsigned failing = 1; failing <= calls; ++failing) {
            CAPTURE(failing);
            CAPTURE(error);
            machine.install_old();
            {
                unsigned call = 0;
                const FaultPlan plan(
                    [&](Call, std::string_view) { return ++call == failing ? error : 0; });
                const auto done = upgrade(machine.state, machine.target, machine.new_content);
                if (!done) ++failures;
                if (!done) CHECK(done.error().what.starts_with("cannot "));
            }
            machine.check_whole();
            REQUIRE(upgrade(machine.state, machine.target, machine.new_content));
            machine.check_upgraded();
        }
    }
    CHECK(failures > calls);
}

TEST_CASE("a swap that fails leaves the very file that was there") {
    Machine machine;
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

TEST_CASE("killed before any call of an upgrade, the next one completes it") {
    const auto calls = calls_of_upgrade();
    Machine machine;
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
            (void)upgrade(machine.state, machine.target, machine.new_content);
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == killed);
        machine.check_whole();
        REQUIRE(upgrade(machine.state, machine.target, machine.new_content));
        machine.check_upgraded();
    }
}
