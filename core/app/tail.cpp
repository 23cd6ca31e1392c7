// SPDX-License-Identifier: Apache-2.0
#include "app/tail.hpp"

#include "base/system.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/inotify.h>

namespace cmw::app {

namespace sys = base::sys;
using base::fail;
using base::system_problem;

namespace {

constexpr std::size_t block_size = 64 * 1024;

/// Where the last `count` lines of the first `size` bytes begin. What the host has freed in place
/// reads as zeros: there is nothing before those.
sys::Outcome<std::int64_t> start_of_last(int file, std::int64_t size, std::size_t count) {
    std::vector<std::byte> block(block_size);
    std::size_t seen = 0;
    auto end = size;
    while (end > 0) {
        const auto start = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(block_size));
        const auto got =
            sys::pread(file, std::span(block).first(static_cast<std::size_t>(end - start)), start);
        if (!got) return tl::unexpected(got.error());
        for (auto i = static_cast<std::int64_t>(*got) - 1; i >= 0; --i) {
            const auto byte = static_cast<char>(block[static_cast<std::size_t>(i)]);
            if (byte == '\0') return start + i + 1;
            // The line feed at the very end ends the last line and begins none.
            if (byte == '\n' && start + i + 1 != size && ++seen == count) return start + i + 1;
        }
        end = start;
    }
    return 0;
}

} // namespace

base::Result<> Tail::open() {
    auto file = sys::open(path_, O_RDONLY);
    if (!file) return fail(system_problem(path_, "open the log", file.error()));
    file_ = std::move(*file);
    offset_ = 0;
    return {};
}

base::Result<> Tail::last_lines(std::size_t count, bool may_be_missing) {
    if (may_be_missing && !sys::stat(path_)) return {};
    if (auto opened = open(); !opened) return opened;
    const auto found = sys::fstat(file_.get());
    if (!found) return fail(system_problem(path_, "look at the log", found.error()));
    const auto start = count == 0 ? sys::Outcome<std::int64_t>(found->st_size)
                                  : start_of_last(file_.get(), found->st_size, count);
    if (!start) return fail(system_problem(path_, "read the log", start.error()));
    offset_ = *start;
    return pump();
}

/// Gives out what is there beyond the offset.
base::Result<> Tail::pump() {
    std::vector<std::byte> block(block_size);
    while (file_) {
        const auto got = sys::pread(file_.get(), block, offset_);
        if (!got) return fail(system_problem(path_, "read the log", got.error()));
        if (*got == 0) break;
        output_({reinterpret_cast<const char*>(block.data()), *got});
        offset_ += static_cast<std::int64_t>(*got);
    }
    return {};
}

base::Result<> Tail::watch_file() {
    file_events_.reset();
    if (!file_) return {};
    // Through the descriptor: the name may stand for another file by now.
    auto watcher = sys::watch_path("/proc/self/fd/" + std::to_string(file_.get()), IN_MODIFY);
    if (!watcher) return fail(system_problem(path_, "watch the log", watcher.error()));
    file_watcher_ = std::move(*watcher);
    auto events = loop_->watch(file_watcher_.get(), EPOLLIN,
                               [this](std::uint32_t) { changed(file_watcher_.get()); });
    if (!events) return tl::unexpected(events.error());
    file_events_ = std::move(*events);
    return {};
}

base::Result<> Tail::follow(base::EventLoop& loop) {
    loop_ = &loop;
    const auto slash = path_.rfind('/');
    const auto folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    auto watcher = sys::watch_path(folder, IN_CREATE | IN_MOVED_TO);
    if (!watcher) return fail(system_problem(folder, "watch the folder", watcher.error()));
    folder_watcher_ = std::move(*watcher);
    auto events = loop.watch(folder_watcher_.get(), EPOLLIN,
                             [this](std::uint32_t) { changed(folder_watcher_.get()); });
    if (!events) return tl::unexpected(events.error());
    folder_events_ = std::move(*events);
    if (auto watched = watch_file(); !watched) return watched;
    // What came before the watches did.
    loop.post([this] { changed(folder_watcher_.get()); });
    return {};
}

/// Whether the name stands for another file than the one that is open.
bool Tail::replaced() const {
    const auto named = sys::stat(path_);
    if (!named) return false;
    const auto opened = file_ ? sys::fstat(file_.get()) : tl::unexpected(ENOENT);
    return !opened || opened->st_ino != named->st_ino || opened->st_dev != named->st_dev;
}

void Tail::changed(int watcher) {
    std::array<std::byte, 4096> events;
    while (sys::read(watcher, events)) {
    }
    if (file_) {
        const auto found = sys::fstat(file_.get());
        if (found && found->st_size < offset_) offset_ = 0; // Truncated: begun anew.
    }
    (void)pump();
    if (!replaced()) return;
    if (open() && watch_file()) (void)pump();
}

} // namespace cmw::app
