// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <charconv>
#include <cmw/error.hpp>

namespace cmw::posix {

namespace {

const std::map<std::string, int>& resources() {
    static const std::map<std::string, int> table{
        {"as", RLIMIT_AS},       {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
        {"data", RLIMIT_DATA},   {"fsize", RLIMIT_FSIZE},       {"memlock", RLIMIT_MEMLOCK},
        {"nice", RLIMIT_NICE},   {"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
        {"rss", RLIMIT_RSS},     {"rtprio", RLIMIT_RTPRIO},     {"sigpending", RLIMIT_SIGPENDING},
        {"stack", RLIMIT_STACK}, {"msgqueue", RLIMIT_MSGQUEUE},
    };
    return table;
}

rlim_t parse_value(const std::string& name, const std::string& text) {
    if (text == "unlimited") return RLIM_INFINITY;
    rlim_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || text.empty())
        throw Error(CMW_CONFIG, "cannot set the limit " + name + " to \"" + text +
                                    "\": it is neither a whole number nor \"unlimited\"");
    return value;
}

} // namespace

std::vector<Limit> parse_limits(const std::map<std::string, std::string>& limits) {
    std::vector<Limit> list;
    for (const auto& [name, text] : limits) {
        const auto found = resources().find(name);
        if (found == resources().end()) {
            std::string known;
            for (const auto& [each, resource] : resources()) known += " " + each;
            throw Error(CMW_CONFIG,
                        "cannot set the limit \"" + name + "\": the ones known are" + known);
        }
        const auto value = parse_value(name, text);
        list.push_back({found->second, {value, value}});
    }
    return list;
}

std::optional<Limit> parse_core_dumps(const std::string& text) {
    if (text.empty()) return std::nullopt;
    if (text == "off") return Limit{RLIMIT_CORE, {0, 0}};
    if (text == "unlimited") return Limit{RLIMIT_CORE, {RLIM_INFINITY, RLIM_INFINITY}};
    static const std::map<std::string, int> units{{"", 0},     {"B", 0},    {"KiB", 10},
                                                  {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    rlim_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    const auto unit = units.find(std::string(rest, end));
    if (error != std::errc() || unit == units.end() || value > RLIM_INFINITY >> unit->second >> 1)
        throw Error(CMW_CONFIG, "cannot set the option core-dumps to \"" + text +
                                    "\": it takes \"off\", \"unlimited\" or a size as \"64MiB\"");
    value <<= unit->second;
    return Limit{RLIMIT_CORE, {value, value}};
}

} // namespace cmw::posix
