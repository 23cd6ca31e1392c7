// SPDX-License-Identifier: Apache-2.0
//
// posix/attributes.hpp - what else a program gets of the options of its use: priorities, umask,
// capabilities (capabilities(7)), no-new-privileges (prctl(2)).
#pragma once

#include "use_settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cmw::posix {

struct Attributes {
    std::optional<int> nice;
    std::string oom_score;          ///< Decimal; "": as the host's.
    std::optional<int> io_priority; ///< As ioprio_set(2) takes it.
    std::optional<mode_t> umask;    ///< Not of the files that take its output.
    bool no_new_privileges = true;
    std::optional<std::uint64_t> capabilities; ///< Those kept, by bit.

    /// The new process's memory then must not be the host's: it differs in rights, or the kernel
    /// sets what belongs to the memory.
    bool need_own_memory() const { return capabilities || !oom_score.empty(); }
};

/// Throws Error(CMW_CONFIG) that names the option and what it takes.
Attributes parse_attributes(const UseSettings& use);

/// In the new process, as the host's user; then as the program's, last before it is executed. The
/// name of the option that failed, with errno set; nullptr: all is well.
const char* take_before_user(const Attributes& attributes) noexcept;
const char* take_last(const Attributes& attributes) noexcept;

} // namespace cmw::posix
