// SPDX-License-Identifier: Apache-2.0
//
// container/usage.hpp - what a container uses, by its control group: a few reads of the kernel's
// files, as the engine would take its time. Sources: the kernel's admin-guide/cgroup-v2 and cgroup-v1,
// proc(5).
#pragma once

#include <cmw/process_runner.hpp>
#include <filesystem>

namespace cmw::container {

/// Of the container with that id and program. What cannot be told stays unknown, which is all of it
/// where the program is not in a group of that id: for an engine on another machine, or its number
/// having become another's. `root`: where /proc and /sys are.
void read_usage(const std::filesystem::path& root, std::int64_t pid, const std::string& id,
                cmw_usage& usage);

} // namespace cmw::container
