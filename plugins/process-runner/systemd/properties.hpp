// SPDX-License-Identifier: Apache-2.0
//
// systemd/properties.hpp - what a use of the runner says, as properties of a unit. Source:
// systemd.exec(5), systemd.resource-control(5), org.freedesktop.systemd1(5).
#pragma once

#include "shared/program_options.hpp"

#include <cmw/options.hpp>
#include <variant>

namespace cmw::systemd {

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
    std::optional<Bytes> memory_max;
    std::optional<Bytes> memory_high;
    std::optional<std::int64_t> cpu_weight;
    std::optional<std::int64_t> cpu_max;
    std::optional<std::int64_t> pids_max;
    std::string protect_system;
    bool private_tmp = false;
    std::string slice;
};

inline constexpr const char* protections[] = {"no", "yes", "full", "strict", nullptr};

inline constexpr std::array use_options{
    option<&UseSettings::user>(
        {.name = "user",
         .help = "User to run the program as, by name or number. Root by default; "
                 "on the bus of a user, that user, and no other."}),
    option<&UseSettings::group>(shared::program_group_option),
    option<&UseSettings::limits>(shared::program_limits_option),
    option<&UseSettings::core_dumps>(shared::program_core_dumps_option),
    option<&UseSettings::nice>({.name = "nice",
                                .help = "Priority for the processor: -20 (first) to 19.",
                                .minimum = "-20",
                                .maximum = "19"}),
    option<&UseSettings::io_class>(shared::program_io_class_option),
    option<&UseSettings::oom_score_adjust>(
        {.name = "oom-score-adjust",
         .help = "Whom the kernel kills when memory is short: -1000 (never this one) to 1000 "
                 "(first).",
         .minimum = "-1000",
         .maximum = "1000"}),
    option<&UseSettings::umask>(shared::program_umask_option),
    option<&UseSettings::no_new_privileges>(
        {.name = "no-new-privileges",
         .help = "Whether the program and all that it starts can gain no rights by executing "
                 "set-user-id files or files with capabilities.",
         .fallback = "true"}),
    option<&UseSettings::capabilities>(shared::program_capabilities_option),
    option<&UseSettings::memory_max>(shared::program_memory_max_option),
    option<&UseSettings::memory_high>(shared::program_memory_high_option),
    option<&UseSettings::cpu_weight>(shared::program_cpu_weight_option),
    option<&UseSettings::cpu_max>(shared::program_cpu_max_option),
    option<&UseSettings::pids_max>(shared::program_pids_max_option),
    option<&UseSettings::protect_system>(
        {.name = "protect-system",
         .help = "Which folders of the system it sees read-only: \"yes\" (/usr, /boot), \"full\" "
                 "(and /etc), \"strict\" (all but /dev, /proc and /sys).",
         .fallback = "no",
         .choices = protections}),
    option<&UseSettings::private_tmp>(
        {.name = "private-tmp",
         .help = "Whether it has a /tmp and /var/tmp of its own, which go as it ends.",
         .fallback = "false"}),
    option<&UseSettings::slice>(
        {.name = "slice", .help = "Slice to put it in: \"nodes.slice\". systemd's by default."}),
};

struct Property {
    std::string name;
    std::variant<std::string, bool, std::int32_t, std::uint32_t, std::uint64_t> value;
    bool operator==(const Property&) const = default;
};

/// Throws Error(CMW_CONFIG) that names what systemd could not take.
std::vector<Property> properties_of(const UseSettings& use);

/// "node" and "cmix-wrapper" as "cmix-wrapper-node.service"; a character that a unit's name must
/// not have as \xNN, as systemd-escape(1) has it.
std::string unit_name(const std::string& prefix, std::string_view service);

} // namespace cmw::systemd
