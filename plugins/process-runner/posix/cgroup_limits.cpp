// SPDX-License-Identifier: Apache-2.0
#include "cgroup_limits.hpp"

#include "shared/unique_fd.hpp"
#include "system_error.hpp"

#include <cerrno>
#include <cmw/error.hpp>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace cmw::posix {

namespace {

constexpr int attempts = 10; ///< Of moving processes away: some may start others meanwhile.

/// 0 or an errno. The kernel takes a value as one write.
int write_file(const std::string& path, const std::string& text) {
    const shared::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return errno;
    return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

std::vector<std::string> words_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istream_iterator<std::string>(file), {}};
}

bool has(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

/// Away from the group whose children are to have controllers. False: it cannot be.
bool move_processes(const std::string& parent) {
    const auto leaf = parent + "/cmw-host";
    if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return false;
    for (const auto& pid : words_of(parent + "/cgroup.procs"))
        if (const int error = write_file(leaf + "/cgroup.procs", pid); error != 0 && error != ESRCH)
            return false;
    return true;
}

int enable(const std::string& parent, const std::string& controllers) {
    const auto file = parent + "/cgroup.subtree_control";
    int error = write_file(file, controllers);
    for (int i = 0; error == EBUSY && i < attempts && move_processes(parent); ++i)
        error = write_file(file, controllers);
    return error;
}

} // namespace

std::vector<CgroupSetting> cgroup_settings(const UseSettings& use) {
    constexpr std::int64_t period = 100'000; // Microseconds, the kernel's own.
    std::vector<CgroupSetting> settings;
    const auto add = [&](const char* option, const char* controller, const char* file,
                         const std::string& value) {
        settings.push_back({option, controller, file, value});
    };
    if (use.memory_high)
        add("memory-high", "memory", "memory.high", std::to_string(use.memory_high->count));
    if (use.memory_max) {
        add("memory-max", "memory", "memory.max", std::to_string(use.memory_max->count));
        // Half a program is no program.
        add("memory-max", "memory", "memory.oom.group", "1");
    }
    if (use.cpu_weight) add("cpu-weight", "cpu", "cpu.weight", std::to_string(*use.cpu_weight));
    if (use.cpu_max)
        add("cpu-max", "cpu", "cpu.max",
            std::to_string(*use.cpu_max * period / 100) + " " + std::to_string(period));
    if (use.pids_max) add("pids-max", "pids", "pids.max", std::to_string(*use.pids_max));
    return settings;
}

void enable_controllers(const std::string& parent, const std::vector<CgroupSetting>& settings,
                        const char* systemd) {
    const auto there = words_of(parent + "/cgroup.controllers");
    const auto enabled = words_of(parent + "/cgroup.subtree_control");
    std::string missing;
    for (const auto& setting : settings) {
        const std::string controller = setting.controller;
        if (!has(there, controller))
            throw Error(CMW_CONFIG, std::string("cannot set the option ") + setting.option +
                                        ": the cgroup " + parent + " has no controller \"" +
                                        controller +
                                        "\"; write Delegate=yes in the host's unit, or use the "
                                        "runner systemd");
        const auto word = "+" + controller;
        if (!has(enabled, controller) && missing.find(word) == std::string::npos)
            missing += (missing.empty() ? "" : " ") + word;
    }
    if (missing.empty()) return;
    const bool holds_host = has(words_of(parent + "/cgroup.procs"), std::to_string(::getpid()));
    if (holds_host && ::access(systemd, F_OK) == 0)
        throw Error(CMW_CONFIG, std::string("cannot set the option ") + settings.front().option +
                                    ": the host is in the cgroup " + parent +
                                    " itself, where systemd could not start it again then; use "
                                    "the runner systemd, which has the same options");
    if (const int error = enable(parent, missing); error != 0) {
        const auto failed = system_error("enable " + missing + " in the cgroup " + parent, error);
        throw Error(failed.status(), std::string(failed.what()) +
                                         ": let the host's user write there, and keep other "
                                         "programs out of it");
    }
}

void write_settings(const std::string& cgroup, const std::vector<CgroupSetting>& settings) {
    for (const auto& setting : settings) {
        const auto path = cgroup + "/" + setting.file;
        if (const int error = write_file(path, setting.value); error != 0)
            throw system_error(std::string("set the option ") + setting.option + ": write " +
                                   setting.value + " to " + path,
                               error);
    }
}

bool was_out_of_memory(const std::string& cgroup) noexcept {
    try {
        const auto words = words_of(cgroup + "/memory.events"); // "oom_kill 1" is one of its lines.
        const auto name = std::ranges::find(words, "oom_kill");
        return words.end() - name > 1 && *(name + 1) != "0";
    } catch (const std::exception&) { // No memory to look.
        return false;
    }
}

} // namespace cmw::posix
