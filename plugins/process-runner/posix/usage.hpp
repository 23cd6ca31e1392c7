// SPDX-License-Identifier: Apache-2.0
//
// posix/usage.hpp - what one process uses, of /proc (proc(5)).
#pragma once

#include <cmw/abi/process_runner.h>
#include <string_view>
#include <sys/types.h>

namespace cmw::posix {

/// Fills in what can be read of it: a few small files. What cannot (it has ended, or is another
/// user's and the host is not root) stays as it is.
void read_usage(pid_t pid, cmw_usage& usage);

/// Of /proc/PID/stat: processor time and threads. Nothing is changed if it makes no sense.
void take_stat(std::string_view stat, cmw_usage& usage);

} // namespace cmw::posix
