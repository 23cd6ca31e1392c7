// SPDX-License-Identifier: Apache-2.0
//
// posix/marked.hpp - finds the processes that a program started, wherever they went: each start has
// a mark of its own in the program's environment, CMW_PROCESS=<32 hex digits>, which what it starts
// inherits, and which the kernel shows in /proc/PID/environ (proc(5)). A process that leaves the
// program's session and its parents does not lose it; one that is started with another environment,
// or overwrites its own, does, and one of another user shows it to a host of root only.
#pragma once

#include <string>
#include <string_view>

namespace cmw::posix {

inline constexpr std::string_view mark_name = "CMW_PROCESS=";

/// Random: 32 hex digits.
std::string new_mark();

/// Whether an environment as in /proc/PID/environ, "A=b\0C=d\0", has the mark.
bool has_mark(std::string_view environment, std::string_view mark);

/// Kills all that have it, once. The number of them that still ran.
int kill_marked(const std::string& mark);

/// The same until none is left: what is killed may have started others meanwhile. False: some are
/// left after a second, in which they did not end. "" has none.
bool end_marked(const std::string& mark);

} // namespace cmw::posix
