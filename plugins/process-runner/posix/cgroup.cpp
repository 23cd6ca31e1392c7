// SPDX-License-Identifier: Apache-2.0
#include "cgroup.hpp"

#include "system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

namespace cmw::posix {

namespace {

constexpr std::size_t mark_size = 32;
constexpr std::chrono::milliseconds pause_between(5);

std::string prefix_of(std::string_view service) {
    return "cmw-" + std::string(service) + ".";
}

} // namespace

void check_cgroups(const std::string& parent) {
    const auto refuse = [&](const std::string& why) {
        throw Error(CMW_CONFIG,
                    "cannot use the cgroup folder " + parent + ": " + why +
                        "; name a folder of a cgroup v2 mount that is the host's to use, or leave "
                        "the option cgroup out");
    };
    if (!parent.starts_with('/')) refuse("it is no absolute path");
    struct statfs facts {};
    if (::statfs(parent.c_str(), &facts) != 0)
        refuse(std::error_code(errno, std::generic_category()).message());
    if (facts.f_type != CGROUP2_SUPER_MAGIC) refuse("no cgroup v2 file system is there");
}

std::string make_cgroup(const std::string& parent, std::string_view service,
                        const std::string& mark) {
    const auto path = parent + "/" + prefix_of(service) + mark;
    if (::mkdir(path.c_str(), 0755) != 0) {
        const auto error = system_error("make the cgroup " + path, errno);
        throw Error(error.status(), std::string(error.what()) +
                                        ": let the host's user write there (Delegate=yes and "
                                        "ProtectControlGroups=no in its "
                                        "unit), or leave the option cgroup out");
    }
    if (::access((path + "/cgroup.kill").c_str(), W_OK) == 0) return path;
    const auto error = system_error("write " + path + "/cgroup.kill", errno);
    ::rmdir(path.c_str());
    throw Error(error.status(),
                std::string(error.what()) + ": it needs Linux 5.14; leave the option cgroup out");
}

UniqueFd open_cgroup(const std::string& cgroup) {
    const auto path = cgroup + "/cgroup.procs";
    const UniqueFd opened(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!opened) throw system_error("open " + path, errno);
    UniqueFd file(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 3)); // Not where a program's output goes.
    if (!file) throw system_error("open " + path, errno);
    return file;
}

void kill_cgroup(const std::string& cgroup) noexcept {
    const UniqueFd file(::open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
    if (file) (void)!::write(file.get(), "1", 1);
}

bool end_cgroup(const std::string& cgroup) noexcept {
    using std::chrono::steady_clock;
    const auto end = steady_clock::now() + std::chrono::seconds(1);
    while (true) {
        kill_cgroup(cgroup);
        if (::rmdir(cgroup.c_str()) == 0 || errno == ENOENT) return true;
        if (errno != EBUSY || steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(pause_between); // What was killed is still ending.
    }
}

void remove_empty_cgroups(const std::string& parent, std::string_view service) noexcept {
    try {
        const auto prefix = prefix_of(service);
        std::error_code error;
        std::filesystem::directory_iterator at(parent, error);
        for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
            const auto name = at->path().filename().string();
            const auto mark = std::string_view(name).substr(std::min(prefix.size(), name.size()));
            if (!name.starts_with(prefix) || mark.size() != mark_size ||
                mark.find_first_not_of("0123456789abcdef") != std::string_view::npos)
                continue;
            ::rmdir(at->path().c_str()); // The kernel refuses if anything runs in it.
        }
    } catch (const std::exception&) { // No memory: they stay for another time.
    }
}

} // namespace cmw::posix
