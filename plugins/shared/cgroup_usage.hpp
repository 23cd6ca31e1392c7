// SPDX-License-Identifier: Apache-2.0
//
// shared/cgroup_usage.hpp - what a program uses with all that it started, by its control group: a few
// reads of the kernel's files, as an engine or systemd would take its time. Sources: the kernel's
// admin-guide/cgroup-v2 and cgroup-v1, proc(5).
#pragma once

#include <cmw/process_runner.hpp>
#include <filesystem>

namespace cmw::shared {

/// Of the group of that name (of a container its id, of a unit its name) in which that process is.
/// What cannot be told stays as it is, which is all of it where the process is in no such group: it
/// is on another machine, or its number has become another's. `root`: where /proc and /sys are.
void read_usage_of(const std::filesystem::path& root, std::int64_t pid, const std::string& name,
                   cmw_usage& usage);

/// Of a group of version 2 at a path.
void read_group_usage(const std::filesystem::path& group, cmw_usage& usage);

} // namespace cmw::shared
