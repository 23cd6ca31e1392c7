// SPDX-License-Identifier: Apache-2.0
//
// posix/launch.hpp - makes a process and lets it become a program. No shell, no inherited
// descriptor, signal setting or environment.
#pragma once

#include "attributes.hpp"
#include "cgroup.hpp"
#include "identity.hpp"
#include "limits.hpp"
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cmw::posix {

/// Texts are borrowed until launch() returns.
struct Launch {
    const char* executable = nullptr;
    const char* const* arguments = nullptr;   ///< Ends with nullptr.
    const char* const* environment = nullptr; ///< Likewise.
    const char* directory = "/";
    const char* output_path = "/dev/null"; ///< Appended.
    const char* error_path = "/dev/null";
    std::optional<Identity> identity; ///< The host's own if there is none.
    std::vector<Limit> limits;
    Attributes attributes;
    std::string record_path; ///< Written before the program runs: see process_record.hpp.
    std::string boot;
    std::string mark;   ///< See marked.hpp; it stands in the environment already.
    std::string cgroup; ///< "": the host's own. It is there already, and removed if this fails.
};

struct Launched {
    pid_t pid = 0; ///< Leads a session and a process group of this number.
    UniqueFd pidfd;
};

/// Returns when the program runs. Throws Error that names the step which failed: "cannot execute
/// /x: exec format error"; then there is no process, and no record.
Launched launch(const Launch& launch);

} // namespace cmw::posix
