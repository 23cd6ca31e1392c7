// SPDX-License-Identifier: Apache-2.0
//
// posix/cgroup.hpp - a control group (v2, cgroups(7)) for each start of a program: all that it starts
// is in it and stays there, whatever it does to its environment, session and parents, and is killed
// by one write. No controller is needed for that, so no limit is set here, and the folder in which
// they are made may hold processes. Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include "shared/unique_fd.hpp"

#include <string>
#include <string_view>

namespace cmw::posix {

using shared::UniqueFd;

/// Throws Error(CMW_CONFIG) if `parent` is no folder of a cgroup v2 file system.
void check_cgroups(const std::string& parent);

/// An empty one, PARENT/cmw-SERVICE.MARK, where `mark` is as of new_mark(). Throws Error that says
/// what to do; then there is none.
std::string make_cgroup(const std::string& parent, std::string_view service,
                        const std::string& mark);

/// Where a process writes "0" to join it. Throws Error.
UniqueFd open_cgroup(const std::string& cgroup);

/// Kills all that is in it, once. Nothing happens if there is none of that path.
void kill_cgroup(const std::string& cgroup) noexcept;

/// The same, and removes it. False: that failed for a second, with errno set.
bool end_cgroup(const std::string& cgroup) noexcept;

/// Removes those of earlier starts of a service in which nothing runs, as a host leaves one that is
/// killed before it wrote a record.
void remove_empty_cgroups(const std::string& parent, std::string_view service) noexcept;

} // namespace cmw::posix
