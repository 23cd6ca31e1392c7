// SPDX-License-Identifier: Apache-2.0
//
// What a container uses, by files as kernels have them.
#include "shared/cgroup_usage.hpp"

#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

using cmw::test::TemporaryFolder;
using cmw::test::write_text;

namespace {

struct Machine {
    TemporaryFolder root;
    void write(const std::string& path, const std::string& text) const {
        write_text(root / path, text);
    }
    cmw_usage usage(const std::string& id = "c0ffee") const {
        constexpr std::int64_t unknown = CMW_USAGE_UNKNOWN;
        cmw_usage usage{sizeof(cmw_usage), 0, unknown, unknown, unknown, unknown, unknown};
        cmw::shared::read_usage_of(root.path(), 42, id, usage);
        return usage;
    }
};

} // namespace

TEST_CASE("of control groups of version 2") {
    const Machine machine;
    machine.write("proc/42/cgroup", "0::/system.slice/docker-c0ffee.scope/of-its-own\n");
    machine.write("proc/42/fd/0", "");
    machine.write("proc/42/fd/1", "");
    const std::string group = "sys/fs/cgroup/system.slice/docker-c0ffee.scope/";
    machine.write(group + "memory.current", "1000000\n");
    machine.write(group + "memory.stat", "anon 5\ninactive_file_x 7\ninactive_file 400000\n");
    machine.write(group + "cpu.stat", "usage_usec 123456\nuser_usec 1\n");
    machine.write(group + "pids.current", "7\n");
    machine.write(group + "cgroup.procs", "42\n43\n");
    const auto usage = machine.usage();
    CHECK(usage.memory_bytes == 600000);
    CHECK(usage.cpu_us == 123456);
    CHECK(usage.threads == 7);
    CHECK(usage.processes == 2);
    CHECK(usage.descriptors == 2);
}

TEST_CASE("of control groups of version 1") {
    const Machine machine;
    machine.write("proc/42/cgroup", "5:pids:/libpod_parent/libpod-c0ffee\n"
                                    "4:memory:/libpod_parent/libpod-c0ffee\n"
                                    "3:cpu,cpuacct:/libpod_parent/libpod-c0ffee\n"
                                    "1:name=systemd:/elsewhere\n0::/\n");
    const std::string groups = "sys/fs/cgroup/";
    const std::string group = "/libpod_parent/libpod-c0ffee/";
    machine.write(groups + "memory" + group + "memory.usage_in_bytes", "1000\n");
    machine.write(groups + "memory" + group + "memory.stat", "total_inactive_file 2000\n");
    machine.write(groups + "cpu,cpuacct" + group + "cpuacct.usage", "5000999\n");
    machine.write(groups + "pids" + group + "pids.current", "3\n");
    const auto usage = machine.usage();
    CHECK(usage.memory_bytes == 0); // The two are not read at one instant.
    CHECK(usage.cpu_us == 5000);
    CHECK(usage.threads == 3);
    CHECK(usage.processes == CMW_USAGE_UNKNOWN);
    CHECK(usage.descriptors == CMW_USAGE_UNKNOWN);
}

TEST_CASE("nothing is told of a process that is not in the container's group") {
    const Machine machine;
    machine.write("proc/42/fd/0", "");
    for (const char* groups :
         {"", "0::/user.slice\n", "0::/docker/decaf\n", "nonsense\n", "::\n"}) {
        INFO(groups);
        machine.write("proc/42/cgroup", groups);
        CHECK(machine.usage().descriptors == CMW_USAGE_UNKNOWN);
        CHECK(machine.usage("").descriptors == CMW_USAGE_UNKNOWN);
    }
}
