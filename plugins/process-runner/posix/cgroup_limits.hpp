// SPDX-License-Identifier: Apache-2.0
//
// posix/cgroup_limits.hpp - what a program may have of memory, processors and processes, with all that
// it starts: files of its cgroup. Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include "use_settings.hpp"

#include <string>
#include <vector>

namespace cmw::posix {

struct CgroupSetting {
    const char* option;     ///< It comes from.
    const char* controller; ///< That must be enabled for it.
    const char* file;
    std::string value;
    bool operator==(const CgroupSetting&) const = default;
};

/// In the order in which they are written. Pure.
std::vector<CgroupSetting> cgroup_settings(const UseSettings& use);

/// Lets groups below `parent` have these controllers, which the kernel does not while there are
/// processes in `parent` itself: they are moved to PARENT/cmw-host, the host among them. Not under
/// systemd: it starts the host in `parent` again after a crash, which the kernel would refuse then.
/// Throws Error that says what to do.
void enable_controllers(const std::string& parent, const std::vector<CgroupSetting>& settings,
                        const char* systemd = "/run/systemd/system");

/// Throws Error that names the option.
void write_settings(const std::string& cgroup, const std::vector<CgroupSetting>& settings);

/// Whether the kernel killed something of it because memory was short.
bool was_out_of_memory(const std::string& cgroup) noexcept;

} // namespace cmw::posix
