// SPDX-License-Identifier: Apache-2.0
//
// posix/process_record.hpp - what makes a process the same one for the next host: its number, when
// it began, and in which uptime of the machine. One file a service, in the runner's state folder:
//
//   pid 4712
//   start 8121               clock ticks since boot, field 22 of /proc/PID/stat (proc(5))
//   boot 1f0b...             /proc/sys/kernel/random/boot_id
//   mark 77a0...             of what it started: see marked.hpp
//   cgroup /sys/fs/cgroup/.. in which it runs, if it has one: see cgroup.hpp
//   executable /opt/bin/x    for people
//
// It is written by the new process itself before it becomes the program, so that a host that is
// killed at any instant leaves no program without one (see launch.cpp).
#pragma once

#include "shared/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace cmw::posix {

using shared::UniqueFd;

struct ProcessRecord {
    pid_t pid = 0;
    std::uint64_t start = 0;
    std::string boot;
    std::string mark;   ///< "": none, as an older host wrote it.
    std::string cgroup; ///< "": none.
    bool operator==(const ProcessRecord&) const = default;
};

/// Nothing if there is no file, or one that makes no sense: only a power cut leaves such, and after
/// that nothing runs. Throws Error if it cannot be read.
std::optional<ProcessRecord> read_record(const std::string& path);

/// What of a process is in /proc: nothing if there is none of that number.
struct ProcessFacts {
    char state = '?'; ///< 'Z' and 'X': it has ended.
    std::uint64_t start = 0;
};
std::optional<ProcessFacts> read_facts(pid_t pid);

std::string read_boot_id();

/// A descriptor of the very process of the record, if it still runs; nothing if it is gone.
UniqueFd open_process(const ProcessRecord& record, const std::string& boot);

/// The text after field `number` - 1 of /proc/PID/stat, where the fields before the third are the
/// number and the name, which may hold anything. nullptr: too short. Safe after a fork.
inline const char* stat_field(const char* stat, std::size_t size, int number) noexcept {
    const char* at = nullptr;
    for (std::size_t i = 0; i < size; ++i)
        if (stat[i] == ')') at = stat + i + 1;
    if (at == nullptr) return nullptr;
    const char* const end = stat + size;
    for (int field = 3; at < end; ++at)
        if (*at == ' ' && field++ == number) return at + 1;
    return nullptr;
}

} // namespace cmw::posix
