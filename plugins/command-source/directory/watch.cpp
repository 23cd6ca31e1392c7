// SPDX-License-Identifier: Apache-2.0
#include "command-source/directory/watch.hpp"

#include <array>
#include <climits>
#include <sys/inotify.h>
#include <unistd.h>

namespace cmw::command_directory {

namespace {

/// Of folders on the way: only what makes the path lead elsewhere.
constexpr std::uint32_t way_events =
    IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
constexpr std::uint32_t own_events = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                     IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

/// From the first event until it is told.
constexpr auto moment = std::chrono::milliseconds(200);

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw std::system_error(errno, std::generic_category(), "cannot watch " + path.string());
}

/// What cannot be watched because it is not there, or not ours to read, is left out.
bool is_left_out(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP;
}

} // namespace

Watch::Watch(const std::filesystem::path& path, std::function<bool(const char*)> matters)
    : matters_(std::move(matters)), fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (fd_ < 0) fail(path);
    try {
        watch_way(path);
        watch_itself(path);
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

Watch::~Watch() {
    ::close(fd_);
}

void Watch::watch_way(const std::filesystem::path& path) {
    std::filesystem::path folder;
    for (const auto& part : path) {
        if (!folder.empty()) {
            const int watch = ::inotify_add_watch(fd_, folder.c_str(), way_events | IN_MASK_ADD);
            if (watch < 0 && !is_left_out(errno)) fail(folder);
            if (watch >= 0) ways_[watch].insert(part.string());
        }
        folder /= part;
    }
}

void Watch::watch_itself(const std::filesystem::path& path) {
    itself_ = ::inotify_add_watch(fd_, path.c_str(), own_events | IN_MASK_ADD);
    if (itself_ < 0 && !is_left_out(errno)) fail(path);
}

bool Watch::concerns_us() {
    alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
    bool ours = false;
    while (true) {
        const auto size = ::read(fd_, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return ours;
        for (const char* at = buffer.data(); at < buffer.data() + size;) {
            const auto* event = reinterpret_cast<const inotify_event*>(at);
            at += sizeof(inotify_event) + event->len;
            const bool missed = (event->mask & IN_Q_OVERFLOW) != 0;
            const bool own = event->wd == itself_ && (event->len == 0 || matters_(event->name));
            const auto way = ways_.find(event->wd);
            const bool led =
                way != ways_.end() && event->len > 0 && way->second.contains(event->name);
            ours |= missed || own || led;
        }
    }
}

void Watch::wait(const Call& call) {
    while (!news_) {
        (void)call.wait(fd_, POLLIN, std::chrono::steady_clock::time_point::max());
        news_ = concerns_us();
    }
    (void)call.wait(-1, 0, std::chrono::steady_clock::now() + moment);
}

} // namespace cmw::command_directory
