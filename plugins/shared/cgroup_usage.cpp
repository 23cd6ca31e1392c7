// SPDX-License-Identifier: Apache-2.0
#include "shared/cgroup_usage.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace cmw::shared {

namespace {

namespace fs = std::filesystem;

std::string read_whole(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value).ec != std::errc()) return std::nullopt;
    return value;
}

/// The number behind "name " in a file of such lines.
std::optional<std::int64_t> field(const std::string& text, std::string_view name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ')
            return number(std::string_view(line).substr(name.size() + 1));
    return std::nullopt;
}

/// Of a path of groups, the part as far as the one of that name; "" if it is in none.
std::string group_of(const std::string& path, const std::string& name) {
    const auto found = path.find(name);
    if (name.empty() || found == path.npos) return "";
    return path.substr(0, path.find('/', found));
}

void set(std::int64_t& member, std::optional<std::int64_t> value) {
    if (value) member = *value;
}

/// As `docker stats` has it: without files that were read and are not in use.
void set_memory(cmw_usage& usage, std::optional<std::int64_t> all,
                std::optional<std::int64_t> unused) {
    if (all) usage.memory_bytes = std::max<std::int64_t>(*all - unused.value_or(0), 0);
}

/// Threads also where their number is not limited, and so not counted, of version 2.
void read_tasks(const fs::path& group, cmw_usage& usage) {
    const auto threads = read_whole(group / "cgroup.threads");
    if (!threads.empty()) usage.threads = std::ranges::count(threads, '\n');
    set(usage.threads, number(read_whole(group / "pids.current")));
    const auto processes = read_whole(group / "cgroup.procs");
    if (!processes.empty()) usage.processes = std::ranges::count(processes, '\n');
}

/// `controllers` of version 1, one of which this hierarchy has.
void read_of(const std::string& controllers, const fs::path& group, cmw_usage& usage) {
    const auto has = [&](std::string_view name) {
        return ("," + controllers + ",").find("," + std::string(name) + ",") != std::string::npos;
    };
    if (has("memory"))
        set_memory(usage, number(read_whole(group / "memory.usage_in_bytes")),
                   field(read_whole(group / "memory.stat"), "total_inactive_file"));
    if (has("cpuacct"))
        if (const auto spent = number(read_whole(group / "cpuacct.usage")))
            usage.cpu_us = *spent / 1000;
    if (has("pids")) read_tasks(group, usage);
}

} // namespace

void read_group_usage(const fs::path& group, cmw_usage& usage) {
    set_memory(usage, number(read_whole(group / "memory.current")),
               field(read_whole(group / "memory.stat"), "inactive_file"));
    set(usage.cpu_us, field(read_whole(group / "cpu.stat"), "usage_usec"));
    read_tasks(group, usage);
}

void read_usage_of(const fs::path& root, std::int64_t pid, const std::string& name,
                   cmw_usage& usage) {
    const auto process = root / "proc" / std::to_string(pid);
    const auto groups = root / "sys/fs/cgroup";
    std::istringstream lines(read_whole(process / "cgroup"));
    bool found = false;
    for (std::string line; std::getline(lines, line);) { // "4:memory:/docker/ID", "0::/docker/ID"
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const auto group = group_of(line.substr(second + 1), name);
        if (group.empty()) continue;
        found = true;
        const auto controllers = line.substr(first + 1, second - first - 1);
        if (controllers.empty())
            read_group_usage(groups / group.substr(1), usage);
        else
            read_of(controllers, groups / controllers / group.substr(1), usage);
    }
    if (!found) return;
    std::error_code error;
    const fs::directory_iterator descriptors(process / "fd", error);
    if (!error) usage.descriptors = std::distance(begin(descriptors), end(descriptors));
}

} // namespace cmw::shared
