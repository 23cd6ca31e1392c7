// SPDX-License-Identifier: Apache-2.0
//
// The files as the kernel has them, in a folder of the test; and those of this machine where we may.
#include "cgroup.hpp"
#include "cgroup_limits.hpp"
#include "fixture.hpp"
#include "real_cgroup.hpp"

using namespace posix_test;
using namespace cmw::posix;

namespace {

constexpr const char* no_systemd = "/nonexistent";

/// A folder with the files of a group.
struct Group {
    TemporaryFolder folder;
    std::string path = folder.path().string();

    Group() {
        write("cgroup.controllers", "cpuset cpu io memory pids\n");
        for (const auto* file :
             {"cgroup.procs", "cgroup.subtree_control", "memory.max", "memory.high",
              "memory.oom.group", "cpu.weight", "cpu.max", "pids.max"})
            write(file, "");
    }
    void write(const std::string& file, const std::string& text) const {
        write_text(folder / file, text);
    }
    std::string read(const std::string& file) const { return read_text(folder / file); }
};

UseSettings all() {
    UseSettings use;
    use.memory_max = cmw::Bytes{512 << 20};
    use.memory_high = cmw::Bytes{256 << 20};
    use.cpu_weight = 50;
    use.cpu_max = 150;
    use.pids_max = 20;
    return use;
}

} // namespace

TEST_CASE("limits are what the kernel's files take") {
    CHECK(cgroup_settings({}).empty());
    const Group group;
    enable_controllers(group.path, cgroup_settings(all()), no_systemd);
    CHECK(group.read("cgroup.subtree_control") == "+memory +cpu +pids");
    write_settings(group.path, cgroup_settings(all()));
    CHECK(group.read("memory.max") == "536870912");
    CHECK(group.read("memory.high") == "268435456");
    CHECK(group.read("memory.oom.group") == "1");
    CHECK(group.read("cpu.weight") == "50");
    CHECK(group.read("cpu.max") == "150000 100000");
    CHECK(group.read("pids.max") == "20");
}

TEST_CASE("controllers that are enabled are left alone, and those without need are not asked for") {
    const Group group;
    enable_controllers(group.path, {}, no_systemd);
    CHECK(group.read("cgroup.subtree_control").empty());
    group.write("cgroup.subtree_control", "cpu pids\n");
    enable_controllers(group.path, cgroup_settings(all()), no_systemd);
    CHECK(group.read("cgroup.subtree_control").starts_with("+memory"));
}

TEST_CASE("what cannot be limited is an error that names the option") {
    const Group group;
    const auto settings = cgroup_settings(all());
    SUBCASE("without the controller") {
        group.write("cgroup.controllers", "cpu pids\n");
        CHECK_THROWS_WITH_AS(enable_controllers(group.path, settings, no_systemd),
                             doctest::Contains("cannot set the option memory-high"), cmw::Error);
    }
    SUBCASE("where systemd could not start the host again") {
        group.write("cgroup.procs", std::to_string(::getpid()) + "\n");
        CHECK_THROWS_WITH_AS(enable_controllers(group.path, settings, "/"),
                             doctest::Contains("use the runner systemd"), cmw::Error);
        CHECK(group.read("cgroup.subtree_control").empty());
    }
    SUBCASE("where it must not be written") {
        std::filesystem::remove(group.folder.path() / "cgroup.subtree_control");
        CHECK_THROWS_WITH_AS(enable_controllers(group.path, settings, no_systemd),
                             doctest::Contains("cannot enable +memory +cpu +pids"), cmw::Error);
    }
    SUBCASE("where a file is missing") {
        std::filesystem::remove(group.folder.path() / "pids.max");
        CHECK_THROWS_WITH_AS(write_settings(group.path, settings),
                             doctest::Contains("cannot set the option pids-max"), cmw::Error);
    }
    SUBCASE("of a runner without cgroups") {
        CHECK_THROWS_WITH_AS(Runner::check_use({}, all()),
                             doctest::Contains("give the runner the option cgroup"), cmw::Error);
        Runner::check_use({group.path}, all());
        Runner::check_use({}, {});
    }
}

TEST_CASE("memory that ran out is known by the kernel's count") {
    const Group group;
    CHECK_FALSE(was_out_of_memory(group.path));
    group.write("memory.events", "low 0\nhigh 7\nmax 9\noom 2\noom_kill 0\noom_group_kill 0\n");
    CHECK_FALSE(was_out_of_memory(group.path));
    group.write("memory.events", "low 0\nhigh 7\nmax 9\noom 2\noom_kill 2\noom_group_kill 1\n");
    CHECK(was_out_of_memory(group.path));
    group.write("memory.events", "oom_kill");
    CHECK_FALSE(was_out_of_memory(group.path));
}

TEST_CASE("processes make way for controllers, as the kernel wants it") {
    const RealParent parent;
    if (parent.path().empty()) return;
    const auto there = lines_of(parent.path() + "/cgroup.controllers");
    if (there.empty() || there.front().empty()) {
        MESSAGE("not tried: this machine's cgroup v2 has no controllers");
        return;
    }
    const auto controller = there.front().substr(0, there.front().find(' '));
    const pid_t inside = ::fork();
    if (inside == 0) {
        ::pause();
        ::_exit(0);
    }
    write_text(parent.path() + "/cgroup.procs", std::to_string(inside));
    enable_controllers(parent.path(), {{"an-option", controller.c_str(), "a.file", "1"}},
                       no_systemd);
    CHECK(read_text(parent.path() + "/cgroup.subtree_control") == controller + "\n");
    CHECK(read_text(parent.path() + "/cmw-host/cgroup.procs") == std::to_string(inside) + "\n");
    ::kill(inside, SIGKILL);
    ::waitpid(inside, nullptr, 0);
}
