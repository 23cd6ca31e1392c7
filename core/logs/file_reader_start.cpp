// SPDX-License-Identifier: Apache-2.0
//
// Where a reader begins: at its cursor, if there is what that means.
#include "logs/file_reader.hpp"

#include "base/system.hpp"

#include <cmw/abi/plugin.h>
#include <filesystem>
#include <fmt/format.h>

namespace cmw::logs {

namespace sys = base::sys;

base::Problem not_a_file(const std::string& path) {
    return {path, "cannot follow the log: it is not a regular file", "name a file"};
}

base::Result<bool> FileReader::open_first() {
    if (!start_) {
        auto older = older_generations(path_);
        if (!older) return base::fail(older.error());
        finished_ = std::make_shared<const Finished>(std::move(*older));
        return open(std::filesystem::path(path_).filename().string(), nullptr);
    }
    const auto generations = list_generations(path_);
    if (!generations) return base::fail(generations.error());
    // Where nothing of a file is confirmed, the list tells as much as the cursor.
    if (start_->offset > 0 || !finished_is_known_) {
        const auto resumed = resume(*generations);
        if (!resumed) return base::fail(resumed.error());
        if (*resumed == Found::yes) pass_over_older(*generations, id_);
        if (*resumed != Found::no) return *resumed == Found::yes;
    }
    pass_over_older(*generations, FileId{});

    const auto first = first_unread(nullptr);
    if (!first) return base::fail(first.error());
    auto next = *first;
    if (!next && !generations->empty() && generations->back().live) { // It has nothing yet.
        const auto* known = finished_->find(generations->back());
        next = {generations->back(), known == nullptr ? 0 : known->read};
    }
    if (!next) {
        const auto live = sys::stat(path_);
        if (live && !S_ISREG(live->st_mode)) return base::fail(not_a_file(path_));
        return false;
    }
    before_ = start_->before + start_->offset;
    const auto opened = open(*next);
    if (!opened || !*opened) return opened;
    if (start_->offset > 0)
        log_(CMW_LEVEL_WARN,
             fmt::format("cannot find the file of {} that was shipped up to byte {}: it was "
                         "deleted, truncated or rewritten; going on with {} from byte {}",
                         path_, start_->offset, next->file.name, offset_));
    start_.reset();
    return true;
}

/// Opens the file that the cursor means, if it is still there, or what it was copied to before it was
/// truncated. The device does not count: its number may be another after a reboot, and all
/// generations are in one folder.
base::Result<FileReader::Found> FileReader::resume(const std::vector<Generation>& generations) {
    bool is_there = false;
    for (const auto& one : generations) {
        if (one.id.inode != start_->inode) continue;
        is_there = true;
        const auto resumed = resume_at(one);
        if (!resumed || *resumed != Found::no) return resumed;
    }
    // Rather one that is unread than one that was passed over.
    for (const bool passed_over : {false, true}) {
        for (const auto& one : generations) {
            const auto* known = finished_->find(one);
            const bool is_read = known != nullptr && known->read == one.size;
            if (!is_there || one.live || is_read || (known != nullptr) != passed_over) continue;
            const auto resumed = resume_at(one);
            if (resumed && *resumed != Found::no) return resumed;
        }
    }
    return Found::no;
}

/// Whether the file has what the cursor says. Then it is open.
base::Result<FileReader::Found> FileReader::resume_at(const Generation& one) {
    if (one.size < start_->offset) return Found::no;
    const auto opened = open(one.name, &one.id);
    if (!opened) return base::fail(opened.error());
    if (!*opened) return Found::moved;
    const auto known = std::string_view(first_bytes_).substr(0, start_->fingerprint.size);
    if (Fingerprint::of(known) != start_->fingerprint) {
        file_.reset();
        return Found::no;
    }
    offset_ = start_->offset;
    nuls_are_freed_ = offset_ > 0;
    before_ = start_->before;
    start_.reset();
    return Found::yes;
}

} // namespace cmw::logs
