// SPDX-License-Identifier: Apache-2.0
#include "shared/program_values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmw/error.hpp>

namespace cmw::shared {

namespace {

/// By their numbers in linux/capability.h, which never change.
constexpr std::array<const char*, 41> capability_names{"chown",
                                                       "dac_override",
                                                       "dac_read_search",
                                                       "fowner",
                                                       "fsetid",
                                                       "kill",
                                                       "setgid",
                                                       "setuid",
                                                       "setpcap",
                                                       "linux_immutable",
                                                       "net_bind_service",
                                                       "net_broadcast",
                                                       "net_admin",
                                                       "net_raw",
                                                       "ipc_lock",
                                                       "ipc_owner",
                                                       "sys_module",
                                                       "sys_rawio",
                                                       "sys_chroot",
                                                       "sys_ptrace",
                                                       "sys_pacct",
                                                       "sys_admin",
                                                       "sys_boot",
                                                       "sys_nice",
                                                       "sys_resource",
                                                       "sys_time",
                                                       "sys_tty_config",
                                                       "mknod",
                                                       "lease",
                                                       "audit_write",
                                                       "audit_control",
                                                       "setfcap",
                                                       "mac_override",
                                                       "mac_admin",
                                                       "syslog",
                                                       "wake_alarm",
                                                       "block_suspend",
                                                       "audit_read",
                                                       "perfmon",
                                                       "bpf",
                                                       "checkpoint_restore"};

constexpr std::string_view resources[] = {"as",      "core",     "cpu",        "data",   "fsize",
                                          "memlock", "msgqueue", "nice",       "nofile", "nproc",
                                          "rss",     "rtprio",   "sigpending", "stack"};

[[noreturn]] void refuse(const std::string& option, const std::string& text,
                         const std::string& takes) {
    throw Error(CMW_CONFIG,
                "cannot set the option " + option + " to \"" + text + "\": it takes " + takes);
}

std::uint64_t capability(const std::string& text) {
    std::string name = text;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name.starts_with("cap_")) name.erase(0, 4);
    const auto* found = std::ranges::find(capability_names, name);
    if (found == capability_names.end())
        refuse("capabilities", text, "names of capabilities(7), as \"net_bind_service\"");
    return std::uint64_t{1} << (found - capability_names.begin());
}

std::optional<ProgramLimit> parse_core_dumps(const std::string& text) {
    if (text.empty()) return std::nullopt;
    if (text == "off") return ProgramLimit{"core", 0};
    if (text == "unlimited") return ProgramLimit{"core", no_limit};
    static const std::map<std::string, int> units{{"", 0},     {"B", 0},    {"KiB", 10},
                                                  {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    const auto unit = units.find(std::string(rest, end));
    if (error != std::errc() || unit == units.end() || value > no_limit >> unit->second >> 1)
        refuse("core-dumps", text, R"("off", "unlimited" or a size as "64MiB")");
    return ProgramLimit{"core", value << unit->second};
}

} // namespace

std::optional<IoPriority> parse_io_class(const std::string& text) {
    constexpr int realtime = 1;
    constexpr int best_effort = 2;
    constexpr int idle = 3;
    if (text.empty()) return std::nullopt;
    if (text == "idle") return IoPriority{idle, 0};
    if (text == "best-effort") return IoPriority{best_effort, 4};
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    const auto level = colon == std::string::npos ? "" : text.substr(colon + 1);
    const bool known = kind == "best-effort" || kind == "realtime";
    if (!known || level.size() != 1 || level[0] < '0' || level[0] > '7')
        refuse("io-class", text,
               R"("idle", "best-effort", "best-effort:N" or "realtime:N", N of 0 (first) to 7)");
    return IoPriority{kind == "realtime" ? realtime : best_effort, level[0] - '0'};
}

std::optional<std::uint32_t> parse_umask(const std::string& text) {
    if (text.empty()) return std::nullopt;
    std::uint32_t mask = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, mask, 8);
    if (error != std::errc() || rest != end || mask > 0777)
        refuse("umask", text, "octal digits, as \"0027\"");
    return mask;
}

std::uint64_t parse_capabilities(const std::vector<std::string>& names) {
    std::uint64_t mask = 0;
    for (const auto& name : names) mask |= capability(name);
    return mask;
}

std::vector<ProgramLimit> parse_limits(const std::map<std::string, std::string>& limits,
                                       const std::string& core_dumps) {
    std::vector<ProgramLimit> list;
    for (const auto& [name, text] : limits) {
        if (std::ranges::find(resources, name) == std::end(resources)) {
            std::string known;
            for (const auto each : resources) known += " " + std::string(each);
            throw Error(CMW_CONFIG,
                        "cannot set the limit \"" + name + "\": the ones known are" + known);
        }
        ProgramLimit limit{name, no_limit};
        const auto* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, limit.value);
        if (text != "unlimited" && (error != std::errc() || rest != end || text.empty()))
            throw Error(CMW_CONFIG, "cannot set the limit " + name + " to \"" + text +
                                        "\": it is neither a whole number nor \"unlimited\"");
        list.push_back(std::move(limit));
    }
    const auto core = parse_core_dumps(core_dumps);
    if (core && limits.contains("core"))
        throw Error(CMW_CONFIG, "cannot set the limit core and the option core-dumps: they are the "
                                "same; leave one out");
    if (core) list.push_back(*core);
    return list;
}

} // namespace cmw::shared
