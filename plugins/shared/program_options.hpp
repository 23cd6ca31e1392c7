// SPDX-License-Identifier: Apache-2.0
//
// shared/program_options.hpp - the declarations of options that each process runner has in the same
// words for a service's use of it.
#pragma once

#include <cmw/options.hpp>

namespace cmw::shared {

inline constexpr OptionText program_group_option{
    .name = "group", .help = "Group to run it as; the user's own by default."};

inline constexpr OptionText program_limits_option{
    .name = "limits",
    .help = "Resource limits by their names in setrlimit(2), soft and hard: "
            "{ nofile = \"65536\", core = \"0\", as = \"unlimited\" }."};

inline constexpr OptionText program_core_dumps_option{
    .name = "core-dumps",
    .help =
        "Size of a core dump at most: \"off\", \"unlimited\", or a size as \"64MiB\". A dump holds "
        "the program's secrets. What the host, or systemd, has by default."};

inline constexpr OptionText program_io_class_option{
    .name = "io-class",
    .help = "Priority for disks: \"idle\", \"best-effort\", \"best-effort:N\" or \"realtime:N\", N "
            "of 0 "
            "(first) to 7. \"realtime\" needs root."};

inline constexpr OptionText program_umask_option{
    .name = "umask", .help = "Rights that files which it makes do not get: \"0027\"."};

inline constexpr OptionText program_capabilities_option{
    .name = "capabilities",
    .help =
        "The capabilities(7) it keeps, as [\"net_bind_service\"], also as another user; [] for "
        "none. All others are dropped for good. Needs root. By default root's programs keep all, "
        "others have none."};

inline constexpr OptionText program_memory_max_option{
    .name = "memory-max",
    .help = "Memory that it may have with all that it starts; beyond it the kernel kills.",
    .minimum = "1MiB"};

inline constexpr OptionText program_memory_high_option{
    .name = "memory-high",
    .help = "Memory beyond which it is slowed and pressed to give some back.",
    .minimum = "1MiB"};

inline constexpr OptionText program_cpu_weight_option{
    .name = "cpu-weight",
    .help = "Share of the processor where it is contended; others have 100.",
    .minimum = "1",
    .maximum = "10000"};

inline constexpr OptionText program_cpu_max_option{
    .name = "cpu-max",
    .help = "Time of processors at most, in percent of one: 150 is one and a half.",
    .minimum = "1",
    .maximum = "1000000"};

inline constexpr OptionText program_pids_max_option{.name = "pids-max",
                                                    .help =
                                                        "Processes and threads that it may have.",
                                                    .minimum = "1",
                                                    .maximum = "4194304"};

} // namespace cmw::shared
