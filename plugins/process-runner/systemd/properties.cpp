// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <cctype>
#include <charconv>

namespace cmw::systemd {

namespace {

constexpr std::string_view resources[] = {"as",      "core",       "cpu",    "data",    "fsize",
                                          "memlock", "nice",       "nofile", "nproc",   "rss",
                                          "rtprio",  "sigpending", "stack",  "msgqueue"};

template <class Number>
std::optional<Number> number(std::string_view text, int base) {
    Number value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || rest != end || text.empty()) return std::nullopt;
    return value;
}

std::uint64_t limit_value(const std::string& name, const std::string& text) {
    if (text == "unlimited") return UINT64_MAX;
    if (const auto value = number<std::uint64_t>(text, 10)) return *value;
    throw Error(CMW_CONFIG, "cannot set the limit " + name + " to \"" + text +
                                "\": it is neither a whole number nor \"unlimited\"");
}

void add_limits(std::vector<Property>& list, const std::map<std::string, std::string>& limits) {
    for (const auto& [name, text] : limits) {
        if (std::ranges::find(resources, name) == std::end(resources)) {
            std::string known;
            for (const auto each : resources) known += " " + std::string(each);
            throw Error(CMW_CONFIG,
                        "cannot set the limit \"" + name + "\": the ones known are" + known);
        }
        std::string property = "Limit";
        for (const char c : name)
            property += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        const auto value = limit_value(name, text);
        list.push_back({property, value});
        list.push_back({property + "Soft", value});
    }
}

std::uint32_t umask_value(const std::string& text) {
    const auto value = number<std::uint32_t>(text, 8);
    if (!value || *value > 0777)
        throw Error(CMW_CONFIG,
                    "cannot set the umask \"" + text + "\": it is no octal number as \"0027\"");
    return *value;
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
    if (use.nice) list.push_back({"Nice", static_cast<std::int32_t>(*use.nice)});
    if (use.oom_score_adjust)
        list.push_back({"OOMScoreAdjust", static_cast<std::int32_t>(*use.oom_score_adjust)});
    if (!use.umask.empty()) list.push_back({"UMask", umask_value(use.umask)});
    if (use.no_new_privileges) list.push_back({"NoNewPrivileges", true});
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
    add_limits(list, use.limits);
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
