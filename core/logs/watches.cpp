// SPDX-License-Identifier: Apache-2.0
#include "logs/watches.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sys/inotify.h>

namespace cmw::logs {

namespace {

constexpr std::uint32_t file_events = IN_MODIFY | IN_ATTRIB;
constexpr std::uint32_t folder_events = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                        IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;

bool is_absent(int error) {
    return error == ENOENT || error == ENOTDIR;
}

base::Problem cannot_watch(const std::string& path, int error) {
    auto problem = base::system_problem(path, "watch it", error);
    if (error == ENOSPC) problem.fix = "raise fs.inotify.max_user_watches";
    return problem;
}

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
        const auto path = fmt::format("/proc/self/fd/{}", reader.file()->get());
        const auto added = watch(log, known.file, path, reader.id());
        if (!added) return added;
        news = *added;
    }
    const auto& at_path = reader.id_at_path();
    if (!at_path || *at_path == reader.id()) {
        let_go(log, std::exchange(known.at_path, {}).number);
    } else if (!(known.at_path.number >= 0 && known.at_path.id == *at_path)) {
        const auto added = watch(log, known.at_path, reader.path(), *at_path);
        if (!added) return added;
        news |= *added;
    }
    const auto folder = follow_folder(log, reader.path());
    if (!folder) return folder;
    return news || *folder;
}

/// False: there is nothing at the path.
base::Result<bool> Watches::watch(std::size_t log, WatchedFile& watched, const std::string& path,
                                  const FileId& id) {
    let_go(log, std::exchange(watched, {}).number);
    const auto number = base::sys::add_watch(inotify_.get(), path, file_events);
    if (!number) {
        if (is_absent(number.error())) return false;
        return base::fail(cannot_watch(path, number.error()));
    }
    watched = {*number, id};
    by_number_.emplace(*number, log);
    return true;
}

/// An event tells that the way leads elsewhere: between two of them there is nothing to do.
base::Result<bool> Watches::follow_folder(std::size_t log, const std::string& path) {
    if (log >= logs_.size()) logs_.resize(log + 1);
    auto& known = logs_[log];
    if (!std::exchange(known.way_changed, false)) return false;
    auto way = watch_way(path);
    if (!way) {
        known.way_changed = true;
        return base::fail(way.error());
    }
    bool news = false;
    for (const auto& folder : *way) {
        news |= std::ranges::count(known.way, folder.number, &WatchedFolder::number) == 0;
        by_number_.emplace(folder.number, log);
    }
    // After the new ones, so that none of them is dropped in between.
    for (const auto& folder : std::exchange(known.way, std::move(*way))) let_go(log, folder.number);
    return news;
}

/// From above, so that what comes to be on the way meanwhile is seen from the folder that it is in. A
/// folder that must not be watched does no harm if the one below it can be.
base::Result<std::vector<Watches::WatchedFolder>> Watches::watch_way(const std::string& path) {
    const std::filesystem::path whole(path);
    std::vector<WatchedFolder> way;
    std::optional<base::Problem> problem;
    std::filesystem::path folder;
    for (auto part = whole.begin(); part != std::prev(whole.end()); ++part) {
        folder /= *part;
        const auto number = base::sys::add_watch(inotify_.get(), folder.string(), folder_events);
        if (!number && is_absent(number.error())) break;
        if (!number) {
            problem = cannot_watch(folder.string(), number.error());
            continue;
        }
        problem.reset();
        way.push_back({*number, std::next(part)->string(), folder == whole.parent_path()});
    }
    if (problem) return base::fail(std::move(*problem));
    if (!way.empty() && way.back().is_own) {
        auto stem = whole.stem().string();
        stem.resize(std::min(stem.find_first_of("*?["), stem.size()));
        way.back().next = std::move(stem);
    }
    return way;
}

void Watches::let_go(std::size_t log, int number) {
    const auto [first, last] = by_number_.equal_range(number);
    const auto mine = std::find_if(first, last, [&](const auto& one) { return one.second == log; });
    if (mine == last) return;
    by_number_.erase(mine);
    // Fails if the kernel has dropped it already.
    if (!by_number_.contains(number)) (void)::inotify_rm_watch(inotify_.get(), number);
}

/// The kernel has dropped it, or what is behind it has another name by now: it is looked for anew.
void Watches::forget(int number) {
    const auto [first, last] = by_number_.equal_range(number);
    for (auto it = first; it != last; ++it) {
        auto& known = logs_[it->second];
        for (auto* file : {&known.file, &known.at_path})
            if (file->number == number) *file = {};
        const auto gone = std::erase_if(
            known.way, [&](const WatchedFolder& one) { return one.number == number; });
        if (gone > 0) known.way_changed = true;
    }
    by_number_.erase(first, last);
    (void)::inotify_rm_watch(inotify_.get(), number);
}

/// Folders have other files too: their events are not news.
bool Watches::concerns(std::size_t log, int number, std::string_view name) {
    auto& known = logs_[log];
    const auto folder = std::ranges::find(known.way, number, &WatchedFolder::number);
    if (folder == known.way.end() || name.empty()) return true;
    if (folder->is_own) return name.starts_with(folder->next);
    if (name != folder->next) return false;
    known.way_changed = true;
    return true;
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
                for (std::size_t log = 0; log < logs_.size(); ++log) {
                    logs_[log].way_changed = true;
                    changed(log);
                }
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
