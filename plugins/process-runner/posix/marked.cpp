// SPDX-License-Identifier: Apache-2.0
#include "marked.hpp"

#include "shared/unique_fd.hpp"
#include "system_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <vector>

namespace cmw::posix {

namespace {

using shared::UniqueFd;

constexpr std::size_t most_environment = std::size_t{4} << 20;

/// "": there is none, or it must not be seen.
std::string environment_of(pid_t pid) {
    const auto path = "/proc/" + std::to_string(pid) + "/environ";
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 16384> buffer{};
    while (file && text.size() < most_environment) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::vector<pid_t> all_processes() {
    std::vector<pid_t> all;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const auto name = at->path().filename().string();
        pid_t pid = 0;
        const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (bad == std::errc() && rest == name.data() + name.size() && pid > 1) all.push_back(pid);
    }
    return all;
}

/// Whether a program of ours may have started it. Each begins a session of its own, which what it
/// starts can leave for a new one alone: so none is in ours or, as the kernel's threads, in none. To
/// ask for this is a hundredth of the work of reading an environment.
bool may_be_of_a_program(pid_t pid, pid_t own_session) {
    const auto session = ::getsid(pid);
    return session > 0 && session != own_session;
}

/// Descriptors of those that have the mark and run.
std::vector<UniqueFd> open_marked(const std::string& mark) {
    std::vector<UniqueFd> found;
    if (mark.empty()) return found;
    const auto own_session = ::getsid(0);
    for (const auto pid : all_processes()) {
        if (!may_be_of_a_program(pid, own_session) || !has_mark(environment_of(pid), mark))
            continue;
        UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        // Once more: now the number cannot have become another's in between.
        if (pidfd && has_mark(environment_of(pid), mark)) found.push_back(std::move(pidfd));
    }
    return found;
}

std::vector<UniqueFd> kill_once(const std::string& mark) {
    auto found = open_marked(mark);
    for (const auto& pidfd : found)
        ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    return found;
}

} // namespace

std::string new_mark() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw system_error("get random bytes", errno);
    std::string text;
    for (const unsigned byte : bytes)
        for (const unsigned digit : {byte >> 4, byte & 15}) text += "0123456789abcdef"[digit];
    return text;
}

bool has_mark(std::string_view environment, std::string_view mark) {
    while (!environment.empty()) {
        const auto end = std::min(environment.find('\0'), environment.size());
        const auto entry = environment.substr(0, end);
        if (entry.starts_with(mark_name)) return entry.substr(mark_name.size()) == mark;
        environment.remove_prefix(std::min(end + 1, environment.size()));
    }
    return false;
}

int kill_marked(const std::string& mark) {
    return static_cast<int>(kill_once(mark).size());
}

bool end_marked(const std::string& mark) {
    using std::chrono::steady_clock;
    const auto end = steady_clock::now() + std::chrono::seconds(1);
    for (auto found = kill_once(mark); !found.empty(); found = kill_once(mark)) {
        for (const auto& pidfd : found) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now());
            pollfd ended{pidfd.get(), POLLIN, 0};
            if (left.count() <= 0) return false;
            (void)::poll(&ended, 1, static_cast<int>(left.count()));
        }
    }
    return true;
}

} // namespace cmw::posix
