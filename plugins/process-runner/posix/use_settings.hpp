// SPDX-License-Identifier: Apache-2.0
//
// posix/use_settings.hpp - the options of a service's use of the runner.
#pragma once

#include "shared/program_options.hpp"

#include <cmw/options.hpp>

namespace cmw::posix {

/// As configured; nothing or "": as the host has it.
struct UseSettings {
    std::string user;
    std::string group;
    std::map<std::string, std::string> limits;
    std::string core_dumps;
    std::optional<std::int64_t> nice;
    std::string io_class;
    std::optional<std::int64_t> oom_score_adjust;
    std::string umask;
    bool no_new_privileges = true;
    std::optional<std::vector<std::string>> capabilities;
    std::optional<Bytes> memory_max; ///< These need a cgroup.
    std::optional<Bytes> memory_high;
    std::optional<std::int64_t> cpu_weight;
    std::optional<std::int64_t> cpu_max;
    std::optional<std::int64_t> pids_max;
};

inline constexpr std::array use_options{
    option<&UseSettings::user>(
        {.name = "user",
         .help = "User to run the program as, by name or number, with its groups; needs a "
                 "host that runs as root. The host's own by default."}),
    option<&UseSettings::group>(shared::program_group_option),
    option<&UseSettings::limits>(shared::program_limits_option),
    option<&UseSettings::core_dumps>(shared::program_core_dumps_option),
    option<&UseSettings::nice>(
        {.name = "nice",
         .help = "Priority for the processor: -20 (first) to 19. Below the host's own needs a "
                 "host that runs as root.",
         .minimum = "-20",
         .maximum = "19"}),
    option<&UseSettings::io_class>(shared::program_io_class_option),
    option<&UseSettings::oom_score_adjust>(
        {.name = "oom-score-adjust",
         .help = "Whom the kernel kills when memory is short: -1000 (never this one) to 1000 "
                 "(first). Below the host's own needs root.",
         .minimum = "-1000",
         .maximum = "1000"}),
    option<&UseSettings::umask>(shared::program_umask_option),
    option<&UseSettings::no_new_privileges>(
        {.name = "no-new-privileges",
         .help = "Whether the program and all that it starts can gain no rights by executing "
                 "set-user-id files or files with capabilities. On, as a program of a node "
                 "needs none; set it to false for one that calls such a file, as sudo or ping.",
         .fallback = "true"}),
    option<&UseSettings::capabilities>(shared::program_capabilities_option),
    option<&UseSettings::memory_max>(shared::program_memory_max_option),
    option<&UseSettings::memory_high>(shared::program_memory_high_option),
    option<&UseSettings::cpu_weight>(shared::program_cpu_weight_option),
    option<&UseSettings::cpu_max>(shared::program_cpu_max_option),
    option<&UseSettings::pids_max>(shared::program_pids_max_option),
};

} // namespace cmw::posix
