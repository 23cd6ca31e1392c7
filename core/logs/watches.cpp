// SPDX-License-Identifier: Apache-2.0
#include "logs/watches.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <sys/inotify.h>

namespace cmw::logs {

namespace {

constexpr std::uint32_t file_events = IN_MODIFY | IN_ATTRIB;
constexpr std::uint32_t folder_events = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                        IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

} // namespace

base::Result<Watches> Watches::create(std::size_t logs) {
    auto inotify = base::sys::inotify();
    if (!inotify) {
        auto problem = base::system_problem("", "watch log files", inotify.error());
        problem.fix = "raise fs.inotify.max_user_instances";
        return base::fail(std::move(problem));
    }
    Watches watches;
    watches.inotify_ = std::move(*inotify);
    watches.logs_.resize(logs);
    return watches;
}

base::Result<bool> Watches::follow(std::size_t log, const FileReader& reader) {
    bool news = false;
    if (log >= logs_.size()) logs_.resize(log + 1);
    auto& known = logs_[log];
    if (reader.file() && !(known.file.number >= 0 && known.file.id == reader.id())) {
        // Through its descriptor: whatever it is called by now.
        let_go(log, known.file);
        const auto path = fmt::format("/proc/self/fd/{}", reader.file()->get());
        const auto added = watch(log, known.file, path, file_events);
        if (!added) return added;
        known.file.id = reader.id();
        news = true;
    }
    const auto& at_path = reader.id_at_path();
    if (!at_path || *at_path == reader.id()) {
        let_go(log, known.at_path);
    } else if (!(known.at_path.number >= 0 && known.at_path.id == *at_path)) {
        let_go(log, known.at_path);
        const auto added = watch(log, known.at_path, reader.path(), file_events);
        if (!added) return added;
        known.at_path.id = *at_path;
        news = true;
    }
    const auto folder = follow_folder(log, reader.path());
    if (!folder) return folder;
    return news || *folder;
}

base::Result<bool> Watches::follow_folder(std::size_t log, const std::string& path) {
    if (log >= logs_.size()) logs_.resize(log + 1);
    auto& known = logs_[log];
    const std::filesystem::path whole(path);
    if (known.folder.number >= 0 && known.folder.folder == whole.parent_path()) return false;
    known.stem = whole.stem().string();
    known.stem.resize(std::min(known.stem.find_first_of("*?["), known.stem.size()));
    for (auto folder = whole.parent_path();; folder = folder.parent_path()) {
        if (known.folder.number >= 0 && known.folder.folder == folder) return false;
        Watched found;
        const auto added = watch(log, found, folder.string(), folder_events);
        if (!added) return added;
        if (*added) {
            if (found.number != known.folder.number) let_go(log, known.folder);
            known.folder = found;
            known.folder.folder = folder.string();
            known.waits_above = folder != whole.parent_path();
            return true;
        }
        if (folder == folder.parent_path()) return false;
    }
}

/// False: there is nothing at the path.
base::Result<bool> Watches::watch(std::size_t log, Watched& watched, const std::string& path,
                                  std::uint32_t mask) {
    const auto number = base::sys::add_watch(inotify_.get(), path, mask);
    if (number) {
        watched.number = *number;
        by_number_.emplace(*number, log);
        return true;
    }
    if (number.error() == ENOENT || number.error() == ENOTDIR) return false;
    auto problem = base::system_problem(path, "watch it", number.error());
    if (number.error() == ENOSPC) problem.fix = "raise fs.inotify.max_user_watches";
    return base::fail(std::move(problem));
}

void Watches::let_go(std::size_t log, Watched& watched) {
    if (watched.number < 0) return;
    const auto [first, last] = by_number_.equal_range(watched.number);
    const auto mine = std::find_if(first, last, [&](const auto& one) { return one.second == log; });
    if (mine != last) by_number_.erase(mine);
    // Fails if the kernel has dropped it already.
    if (!by_number_.contains(watched.number))
        (void)::inotify_rm_watch(inotify_.get(), watched.number);
    watched = {};
}

/// A folder has other files too: their events are not news.
bool Watches::concerns(std::size_t log, int number, std::string_view name) const {
    const auto& known = logs_[log];
    if (number != known.folder.number || name.empty()) return true;
    // In a folder above its own any name may be the way down to it.
    return known.waits_above || name.starts_with(known.stem);
}

/// The folder behind the watch has gone or got another name: look for it anew.
void Watches::forget(int number) {
    const auto [first, last] = by_number_.equal_range(number);
    std::vector<std::size_t> logs;
    for (auto it = first; it != last; ++it) logs.push_back(it->second);
    for (const auto log : logs) {
        auto& known = logs_[log];
        for (auto* watched : {&known.file, &known.at_path, &known.folder})
            if (watched->number == number) let_go(log, *watched);
    }
}

void Watches::drain(const std::function<void(std::size_t)>& changed) {
    alignas(inotify_event) std::array<std::byte, 16 * 1024> buffer;
    while (true) {
        const auto got = base::sys::read(inotify_.get(), buffer);
        if (!got || *got == 0) return;
        for (std::size_t at = 0; at < *got;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const auto* text = reinterpret_cast<const char*>(buffer.data() + at + sizeof event);
            const std::string_view name(text, event.len > 0 ? ::strnlen(text, event.len) : 0);
            at += sizeof event + event.len;
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                for (std::size_t log = 0; log < logs_.size(); ++log) changed(log);
                continue;
            }
            const auto [first, last] = by_number_.equal_range(event.wd);
            for (auto it = first; it != last; ++it)
                if (concerns(it->second, event.wd, name)) changed(it->second);
            if ((event.mask & (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF)) != 0) forget(event.wd);
        }
    }
}

} // namespace cmw::logs
