// SPDX-License-Identifier: Apache-2.0
#include "supervisor/recovered_error.hpp"

#include "base/system.hpp"

#include <array>
#include <filesystem>
#include <sys/inotify.h>

namespace cmw::supervisor {

RecoveredError::RecoveredError(base::EventLoop& loop, std::string path,
                               std::function<void()> overdue, base::Nanoseconds patience)
    : loop_(loop), path_(std::move(path)), overdue_(std::move(overdue)), patience_(patience) {}

std::optional<std::int64_t> RecoveredError::modified() const {
    const auto found = base::sys::stat(path_);
    if (!found) return std::nullopt;
    return std::int64_t{found->st_mtim.tv_sec} * 1'000'000'000 + found->st_mtim.tv_nsec;
}

void RecoveredError::begin() {
    known_ = modified();
}

void RecoveredError::resume(base::Nanoseconds age) {
    const auto started = (base::unix_now() - age).time_since_epoch().count();
    known_ = modified();
    if (known_ && *known_ > started) known_.reset();
}

/// Another time, not a later one: clocks are set.
bool RecoveredError::written() const {
    const auto now = modified();
    return now && now != known_;
}

void RecoveredError::watch() {
    const auto folder = std::filesystem::path(path_).parent_path().string();
    auto watcher =
        base::sys::watch_path(folder, IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY);
    if (!watcher) return;
    watcher_ = std::move(*watcher);
    auto events = loop_.watch(watcher_.get(), EPOLLIN, [this](std::uint32_t) {
        alignas(inotify_event) std::array<std::byte, 4096> buffer;
        while (base::sys::read(watcher_.get(), buffer).value_or(0) > 0) {
        }
        changed();
    });
    if (events) events_ = std::move(*events);
    changed(); // What came before the watch did.
}

void RecoveredError::changed() {
    if (timer_ || !written()) return;
    timer_ = loop_.after(patience_, [this] {
        const auto overdue = overdue_; // It may end this object.
        overdue();
    });
}

void RecoveredError::unwatch() {
    timer_.reset();
    events_.reset();
    watcher_.reset();
}

} // namespace cmw::supervisor
