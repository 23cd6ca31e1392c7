// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include "shared/program_values.hpp"

#include <cctype>

namespace cmw::systemd {

namespace {

void add_limit(std::vector<Property>& list, const shared::ProgramLimit& limit) {
    std::string property = "Limit";
    for (const char c : limit.name)
        property += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    list.push_back({property, limit.value});
    list.push_back({property + "Soft", limit.value});
}

/// A program of another user gets what it keeps at its start, as the posix runner has it.
void add_rights(std::vector<Property>& list, const UseSettings& use) {
    if (use.no_new_privileges) list.push_back({"NoNewPrivileges", true});
    if (!use.capabilities) return;
    const auto kept = shared::parse_capabilities(*use.capabilities);
    list.push_back({"CapabilityBoundingSet", kept});
    list.push_back({"AmbientCapabilities", kept});
}

void add_priorities(std::vector<Property>& list, const UseSettings& use) {
    const auto add = [&](const char* name, std::int64_t value) {
        list.push_back({name, static_cast<std::int32_t>(value)});
    };
    if (use.nice) add("Nice", *use.nice);
    if (use.oom_score_adjust) add("OOMScoreAdjust", *use.oom_score_adjust);
    if (const auto io = shared::parse_io_class(use.io_class)) {
        add("IOSchedulingClass", io->kind);
        add("IOSchedulingPriority", io->level);
    }
}

void add_share(std::vector<Property>& list, const UseSettings& use) {
    const auto add = [&](const char* name, std::int64_t value) {
        list.push_back({name, static_cast<std::uint64_t>(value)});
    };
    if (use.memory_max) add("MemoryMax", use.memory_max->count);
    if (use.memory_high) add("MemoryHigh", use.memory_high->count);
    if (use.cpu_weight) add("CPUWeight", *use.cpu_weight);
    // Microseconds of processor time a second.
    if (use.cpu_max) add("CPUQuotaPerSecUSec", *use.cpu_max * 10'000);
    if (use.pids_max) add("TasksMax", *use.pids_max);
}

} // namespace

std::vector<Property> properties_of(const UseSettings& use) {
    std::vector<Property> list;
    if (!use.user.empty()) list.push_back({"User", use.user});
    if (!use.group.empty()) list.push_back({"Group", use.group});
    if (const auto umask = shared::parse_umask(use.umask)) list.push_back({"UMask", *umask});
    add_priorities(list, use);
    add_rights(list, use);
    if (!use.protect_system.empty() && use.protect_system != "no")
        list.push_back({"ProtectSystem", use.protect_system});
    if (use.private_tmp) list.push_back({"PrivateTmp", true});
    if (!use.slice.empty()) {
        if (!use.slice.ends_with(".slice"))
            throw Error(CMW_CONFIG, "cannot use the slice \"" + use.slice +
                                        "\": its name must end with \".slice\"");
        list.push_back({"Slice", use.slice});
    }
    add_share(list, use);
    for (const auto& limit : shared::parse_limits(use.limits, use.core_dumps))
        add_limit(list, limit);
    return list;
}

std::string unit_name(const std::string& prefix, std::string_view service) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string name = prefix + "-";
    for (const char c : service) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '.')
            name += c;
        else
            name.append("\\x").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
    return name + ".service";
}

} // namespace cmw::systemd
