// SPDX-License-Identifier: Apache-2.0
#include "logs/disk_bound.hpp"

#include "base/system.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cmw/abi/plugin.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>

namespace cmw::logs {

namespace sys = base::sys;

namespace {

constexpr std::uint64_t block = 4096;

/// Behind the last line feed of the head; its end if there is none, or only where the file is
/// recognised.
std::uint64_t end_of_head(std::string_view head) {
    const auto feed = head.rfind('\n');
    return feed == std::string_view::npos || feed + 1 < head_size / 2 ? head_size : feed + 1;
}

/// Behind the first line feed at `offset` or behind it, if there is one near.
std::uint64_t next_line(int fd, std::uint64_t offset) {
    std::string text(64 * 1024, '\0');
    const auto got =
        sys::pread(fd, std::as_writable_bytes(std::span(text)), static_cast<std::int64_t>(offset));
    const auto feed = got ? text.substr(0, *got).find('\n') : std::string::npos;
    return feed == std::string::npos ? offset : offset + feed + 1;
}

} // namespace

Cut plan_cut(const DiskLimits& limits, std::uint64_t size, std::uint64_t data_start,
             std::uint64_t confirmed) {
    const auto on_disk = size - std::min(size, data_start);
    if (on_disk <= limits.max_size) return {};
    if (confirmed > size) return {}; // It was truncated, and its readers do not know yet.
    const auto least = size - limits.max_size;
    const auto wanted = confirmed - std::min(confirmed, limits.keep);
    Cut cut{std::min(confirmed, std::max(least, wanted)), false};
    if (limits.drop_oldest && cut.up_to < least) {
        // Some more, so that it is not done again for each line.
        cut = {least + limits.max_size / 8, true};
    }
    return cut.up_to >= data_start + block ? cut : Cut{};
}

DiskBound::DiskBound(std::string path, const DiskLimits& limits,
                     const std::vector<std::string>& backends, Log log)
    : path_(std::move(path)), limits_(limits), log_(std::move(log)) {
    for (const auto& backend : backends) reached_[backend];
}

std::uint64_t DiskBound::confirmed_by_all(const FileId& id, std::string_view head) const {
    const std::lock_guard lock(mutex_);
    auto least = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [backend, reached] : reached_) {
        const bool same = reached.id == id &&
                          Fingerprint::of(head.substr(0, reached.first.size)) == reached.first;
        least = std::min(least, same ? reached.offset : 0);
    }
    return least;
}

DiskBound::Dropped DiskBound::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void DiskBound::confirmed(const std::string& backend, const Reached& reached) {
    {
        const std::lock_guard lock(mutex_);
        reached_[backend] = reached;
    }
    if (impossible_) return;
    const std::unique_lock freeing(freeing_, std::try_to_lock);
    if (!freeing) return; // Whoever confirms next looks again.
    const auto live = sys::stat(path_);
    constexpr std::int64_t stat_block = 512;
    if (!live || static_cast<std::uint64_t>(live->st_blocks * stat_block) <= limits_.max_size)
        return;
    const auto freed = free_some(file_id(*live));
    if (freed) return;
    impossible_ = true;
    log_(CMW_LEVEL_WARN, base::to_string(freed.error()));
}

base::Result<> DiskBound::free_some(const FileId& live) {
    const auto failed = [&](const char* verb, int error) {
        auto problem = base::system_problem(path_, verb, error);
        problem.fix = "its size is not bounded: let its program or logrotate (create) rotate it";
        return base::fail(std::move(problem));
    };
    auto file = sys::open(path_, O_RDWR | O_NONBLOCK | O_NOCTTY);
    if (!file && file.error() == ENOENT) return {};
    if (!file) return failed("free what is shipped of the log", file.error());
    const int fd = file->get();
    const auto found = sys::fstat(fd);
    if (!found || !(file_id(*found) == live) || !S_ISREG(found->st_mode)) return {};
    const auto size = static_cast<std::uint64_t>(found->st_size);
    if (size <= head_size) return {};

    const auto data = sys::seek_data(fd, static_cast<std::int64_t>(head_size));
    const auto data_start =
        data ? static_cast<std::uint64_t>(*data) : (data.error() == ENXIO ? size : head_size);
    std::string head(head_size, '\0');
    const auto got = sys::pread(fd, std::as_writable_bytes(std::span(head)), 0);
    if (!got || *got < head.size()) return {};
    const auto confirmed = confirmed_by_all(live, head);
    auto cut = plan_cut(limits_, size, data_start, confirmed);
    if (cut.up_to == 0) return {};
    if (cut.drops) cut.up_to = next_line(fd, cut.up_to);
    const auto begin = end_of_head(head);
    // Who asks what was dropped waits until it is: what was read meanwhile may be torn.
    std::unique_lock lock(mutex_, std::defer_lock);
    if (cut.drops) lock.lock();
    const auto freed = sys::punch_hole(fd, static_cast<std::int64_t>(begin),
                                       static_cast<std::int64_t>(cut.up_to - begin));
    if (freed && cut.drops) dropped_ = {live, Fingerprint::of(head), begin, cut.up_to};
    if (lock) lock.unlock();
    if (!freed) return failed("free what is shipped of the log", freed.error());
    if (cut.drops)
        log_(CMW_LEVEL_WARN,
             fmt::format("{} was over its max-size: its oldest {} that not all backends have "
                         "confirmed were freed (when-full = \"drop-oldest\")",
                         path_, base::format_size(cut.up_to - std::max(confirmed, data_start))));
    return {};
}

std::shared_ptr<DiskBound> DiskBounds::of(const std::string& path, const DiskLimits& limits,
                                          const std::vector<std::string>& backends,
                                          const DiskBound::Log& log) {
    const std::lock_guard lock(mutex_);
    auto& bound = bounds_[path];
    if (!bound) bound = std::make_shared<DiskBound>(path, limits, backends, log);
    return bound;
}

} // namespace cmw::logs
