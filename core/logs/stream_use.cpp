// SPDX-License-Identifier: Apache-2.0
#include "logs/stream_use.hpp"

#include "base/system.hpp"
#include "logs/cursor.hpp"
#include "logs/file_reader.hpp"
#include "logs/wildcard.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>

namespace cmw::logs {

namespace sys = base::sys;

namespace {

/// Of a stream's files: a number for the file, and room for a tebibyte of it.
std::uint64_t first_sequence_of(const std::string& name) {
    constexpr std::uint64_t numbers = (1U << 22U) - 1;
    return (Fingerprint::of(name).hash & numbers) << 40U;
}

/// A cursor behind what is in the file now.
base::Result<> go_to_end(const std::string& path, Cursor& cursor) {
    const auto file = sys::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return base::fail(base::system_problem(path, "open the log", file.error()));
    const auto found = sys::fstat(file->get());
    if (!found) return base::fail(base::system_problem(path, "look at the log", found.error()));
    std::string first(Fingerprint::most, '\0');
    const auto got = sys::pread(file->get(), std::as_writable_bytes(std::span(first)), 0);
    if (!got) return base::fail(base::system_problem(path, "read the log", got.error()));
    cursor.inode = file_id(*found).inode;
    cursor.modified_ns = modified_ns(*found);
    cursor.offset = std::max(static_cast<std::uint64_t>(found->st_size), std::uint64_t{*got});
    cursor.fingerprint = Fingerprint::of(std::string_view(first).substr(0, *got));
    return {};
}

} // namespace

base::Result<> begin(const StreamUse& use, bool from_end) {
    auto file = CursorFile::open(use.cursor_path);
    if (!file) return base::fail(file.error());
    if (file->cursor()) return {};
    // File systems take their time from a clock that may be a tick behind.
    constexpr base::Nanoseconds tick = std::chrono::milliseconds(10);
    Cursor start;
    start.fingerprint = Fingerprint::of({});
    start.before = use.first_sequence;
    start.modified_ns = (base::unix_now() - tick).time_since_epoch().count();
    if (const auto live = sys::stat(use.path)) {
        start.inode = file_id(*live).inode;
        start.modified_ns = modified_ns(*live);
        if (from_end)
            if (const auto gone = go_to_end(use.path, start); !gone) return gone;
    }
    const auto older = older_generations(use.path);
    if (!older) return base::fail(older.error());
    if (const auto saved = file->save(*older); !saved) return saved;
    return file->save(start);
}

std::vector<StreamUse> files_of(const StreamUse& wildcard, const std::vector<std::string>& known) {
    const auto folder = std::filesystem::path(wildcard.path).parent_path();
    const auto none = std::vector<std::string>{};
    const auto shipped = sys::list(wildcard.cursor_path).value_or(none);
    auto all_known = known;
    all_known.insert(all_known.end(), shipped.begin(), shipped.end());
    auto names = new_logs(wildcard.path, sys::list(folder.string()).value_or(none), all_known);
    for (const auto& name : shipped) {
        if (std::ranges::count(known, name) > 0) continue;
        const auto generations = list_generations((folder / name).string());
        if (generations && generations->empty())
            (void)sys::unlink(wildcard.cursor_path + "/" + name);
        else
            names.push_back(name);
    }
    std::vector<StreamUse> files;
    for (const auto& name : names) {
        auto& file = files.emplace_back(wildcard);
        file.path = (folder / name).string();
        file.cursor_path = wildcard.cursor_path + "/" + name;
        file.first_sequence = first_sequence_of(name);
        if (wildcard.disk_of) file.disk = wildcard.disk_of(file.path);
    }
    return files;
}

} // namespace cmw::logs
