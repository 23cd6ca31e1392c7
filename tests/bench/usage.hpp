// SPDX-License-Identifier: Apache-2.0
//
// bench/usage.hpp - what a process has used so far, as /proc tells it.
#pragma once

#include <string>
#include <sys/types.h>

namespace cmw::test {

/// A number behind "Name:" in one of the files of /proc; 0 where there is none.
long number_in(const std::string& path, const std::string& name);

struct Usage {
    long wakes = 0; ///< Switches of all threads, of their own will or not.
    long threads = 0;
    double cpu_ms = 0;
};
Usage usage_of(pid_t pid);

} // namespace cmw::test
