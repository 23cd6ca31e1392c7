// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/watch.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>

namespace cmw::local_path {

namespace {

constexpr std::uint32_t events = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// From the first event until it is told: what comes together is one piece of news, and a folder
/// in which much happens costs a few tries a second at most.
constexpr int pause_ms = 200;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), "cannot watch " + what);
}

} // namespace

Watch::~Watch() {
    if (thread_.joinable()) {
        ::eventfd_write(end_, 1);
        thread_.join();
    }
    if (inotify_ >= 0) ::close(inotify_);
    if (end_ >= 0) ::close(end_);
}

void Watch::begin() {
    if (thread_.joinable()) return;
    if (inotify_ < 0) inotify_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (inotify_ < 0) fail("files");
    if (end_ < 0) end_ = ::eventfd(0, EFD_CLOEXEC);
    if (end_ < 0) fail("files");
    thread_ = std::thread([this] { run(); });
}

void Watch::add(const std::filesystem::path& folder, const std::optional<std::string>& name) {
    const std::lock_guard lock(mutex_);
    const int watch = ::inotify_add_watch(inotify_, folder.c_str(), events);
    if (watch < 0) fail(folder.string());
    auto [entry, added] = watches_.try_emplace(watch, std::set<std::string>());
    if (!name)
        entry->second.reset();
    else if (entry->second)
        entry->second->insert(*name);
}

void Watch::look_out(const std::filesystem::path& place) {
    begin();
    std::error_code ignored;
    if (std::filesystem::is_directory(place, ignored)) return add(place, std::nullopt);
    auto missing = place;
    while (missing.has_relative_path()) {
        const auto above = missing.parent_path();
        if (std::filesystem::is_directory(above, ignored))
            return add(above, missing.filename().string());
        missing = above;
    }
}

/// Reads what happened; whether it was at a place that matters.
bool Watch::concerns_us() {
    alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
    bool ours = false;
    while (true) {
        const auto got = ::read(inotify_, buffer.data(), buffer.size());
        if (got <= 0) return ours;
        const std::lock_guard lock(mutex_);
        for (const char* at = buffer.data(); at < buffer.data() + got;) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            at += sizeof(inotify_event) + event->len;
            const auto found = watches_.find(event->wd);
            const bool lost = (event->mask & IN_Q_OVERFLOW) != 0;
            if (lost) ours = true;
            if (found == watches_.end()) continue;
            const bool itself = (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
            const bool named =
                event->len > 0 && (!found->second || found->second->contains(event->name));
            ours |= itself || named;
        }
    }
}

void Watch::run() {
    pollfd wanted[]{{inotify_, POLLIN, 0}, {end_, POLLIN, 0}};
    while (true) {
        if (::poll(wanted, 2, -1) < 0 && errno != EINTR) return;
        if (wanted[1].revents != 0) return;
        if (!concerns_us()) continue;
        if (::poll(wanted + 1, 1, pause_ms) > 0) return;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [watch, names] : watches_) ::inotify_rm_watch(inotify_, watch);
            watches_.clear();
        }
        concerns_us(); // What came meanwhile is the same news.
        happened_();
    }
}

} // namespace cmw::local_path
