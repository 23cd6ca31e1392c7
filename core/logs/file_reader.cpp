// SPDX-License-Identifier: Apache-2.0
#include "logs/file_reader.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <cmw/abi/plugin.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>

namespace cmw::logs {

namespace sys = base::sys;

namespace {

std::span<std::byte> as_bytes(std::span<char> buffer) {
    return std::as_writable_bytes(buffer);
}

} // namespace

FileReader::FileReader(std::string path, std::optional<Cursor> start,
                       std::optional<Finished> finished, Log log)
    : path_(std::move(path)),
      folder_(std::filesystem::path(path_).parent_path().string()),
      log_(std::move(log)),
      start_(start),
      finished_is_known_(finished && !finished->is_cut()) {
    if (finished) finished->set_cut(false);
    finished_ = std::make_shared<const Finished>(std::move(finished).value_or(Finished{}));
}

base::Result<FileReader::Outcome> FileReader::read(std::span<char> buffer) {
    freed_before_ = freed_;
    if (!file_) {
        const auto opened = open_first();
        if (!opened) return base::fail(opened.error());
        if (!*opened) return Outcome{State::nothing, 0};
    }
    if (truncated_ || next_ || behind_hole_) return Outcome{State::over, 0};
    auto got = read_once(buffer);
    if (got && truncated_) {
        const auto copied = go_on_in_copy();
        truncated_ = copied && !*copied; // A problem: it is seen once more.
        if (!copied) return base::fail(copied.error());
        if (*copied) got = read_once(buffer);
    }
    if (!got || got->state != State::nothing) return got;

    const auto moved_on = writer_has_moved_on();
    if (!moved_on) return base::fail(moved_on.error());
    if (!*moved_on) return got;
    // What was written between our last look and its writer's moving on.
    auto rest = read_once(buffer);
    if (!rest || rest->state != State::nothing) {
        next_.reset();
        return rest;
    }
    return Outcome{State::over, 0};
}

/// Read first and look at the file after: bytes read before a truncation are what they were.
base::Result<FileReader::Outcome> FileReader::read_once(std::span<char> buffer) {
    const auto got = sys::pread(file_->get(), as_bytes(buffer), static_cast<std::int64_t>(offset_));
    if (!got) return base::fail(base::system_problem(path_, "read the log", got.error()));
    const auto now = sys::fstat(file_->get());
    if (!now) return base::fail(base::system_problem(path_, "look at the log", now.error()));
    const auto size = static_cast<std::uint64_t>(now->st_size);
    if (*got == 0 && size < offset_) {
        truncated_ = true;
        return Outcome{State::over, 0};
    }
    if (size >= offset_ + *got) {
        const auto changed = first_bytes_changed();
        if (!changed) return base::fail(changed.error());
        if (*changed) {
            truncated_ = true;
            return Outcome{State::over, 0};
        }
    }
    modified_ns_ = modified_ns(*now);
    if (*got > 0 && buffer.front() == '\0') {
        const auto data = sys::seek_data(file_->get(), static_cast<std::int64_t>(offset_));
        if (!data && data.error() == ENXIO)
            return Outcome{}; // A hole to the end may be filled yet.
        const auto end = data ? static_cast<std::uint64_t>(*data) : offset_;
        if (end > offset_) {
            behind_hole_ = end;
            return Outcome{State::over, 0};
        }
    }
    if (*got > 0) {
        const auto kept = std::min(*got, Fingerprint::most);
        last_bytes_.assign(buffer.data() + *got - kept, kept);
        count_freed({buffer.data(), *got});
    }
    offset_ += *got;
    return Outcome{*got > 0 ? State::bytes : State::nothing, *got};
}

/// What was freed begins behind a line and reads as NULs: in blocks of it that have data, too.
void FileReader::count_freed(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto nul = std::min(bytes.find('\0', at), bytes.size());
        if (nul > at) nuls_are_freed_ = bytes[nul - 1] == '\n';
        at = std::min(bytes.find_first_not_of('\0', nul), bytes.size());
        if (nuls_are_freed_) freed_ += at - nul;
    }
}

void FileReader::go_back(std::uint64_t offset) {
    freed_ = freed_before_;
    offset_ = offset;
    last_bytes_.clear();
}

void FileReader::pass_over(std::uint64_t from, std::uint64_t to) {
    go_back(from);
    behind_hole_ = to;
}

base::Result<bool> FileReader::first_bytes_changed() {
    auto now = read_bytes(file_->get(), 0, Fingerprint::most);
    if (!now) return base::fail(base::system_problem(path_, "read the log", now.error()));
    if (!now->starts_with(first_bytes_)) return true;
    first_bytes_ = std::move(*now);
    return false;
}

base::Result<bool> FileReader::writer_has_moved_on() {
    const auto live = sys::stat(path_);
    if (!live && live.error() != ENOENT && live.error() != ENOTDIR)
        return base::fail(base::system_problem(path_, "look at the log", live.error()));
    id_at_path_ = live ? std::optional(file_id(*live)) : std::nullopt;
    if (live && *id_at_path_ == id_) {
        pass_over_what_came();
        return false;
    }
    if (!live) return false;

    auto next = first_unread(&id_);
    if (!next) return base::fail(next.error());
    next_ = std::move(*next);
    return next_.has_value();
}

base::Result<> FileReader::advance() {
    if (truncated_) return restart();
    if (behind_hole_) {
        // A hole at the start is none of ours: what is before it stays.
        if (offset_ > 0) freed_ += *behind_hole_ - offset_;
        nuls_are_freed_ = offset_ > 0;
        offset_ = *behind_hole_;
        last_bytes_.clear();
        behind_hole_.reset();
        return {};
    }
    if (!next_) return {};
    auto after = *this;
    after.finish();
    const auto opened = after.open(*next_);
    if (!opened) return base::fail(opened.error());
    // If it was rotated meanwhile, or copied and truncated, the end of this file is seen once more.
    const auto first = first_unread(&id_);
    const auto expected = *std::exchange(next_, std::nullopt);
    if (!first) return base::fail(first.error());
    if (!*opened || !*first || !((*first)->file.id == expected.file.id)) return {};
    after.next_.reset();
    *this = std::move(after);
    return {};
}

/// It was truncated, and nothing is to be read on in a copy. Copies that were made since it was
/// truncated before are older than what it holds now.
base::Result<> FileReader::restart() {
    const auto generations = list_generations(path_);
    if (!generations) return base::fail(generations.error());
    auto after = *this;
    after.pass_over_copies(*generations, first_bytes_, offset_);
    after.forget(identity_);
    after.truncated_ = false;
    const bool is_there = std::ranges::count(*generations, id_, &Generation::id) > 0;
    const auto first = after.first_unread(is_there ? nullptr : &id_);
    if (!first) return base::fail(first.error());
    if (is_there && *first && !((*first)->file.id == id_)) {
        const auto opened = after.open(**first);
        if (!opened) return base::fail(opened.error());
        if (*opened) *this = std::move(after);
        return {};
    }
    log_(CMW_LEVEL_INFO,
         fmt::format("{} was truncated at byte {}: read from its start", path_, offset_));
    *this = std::move(after);
    before_ += offset_;
    offset_ = 0;
    nuls_are_freed_ = false;
    first_bytes_.clear();
    last_bytes_.clear();
    return {};
}

/// Goes on in another file, where it is to be read from. False: as below.
base::Result<bool> FileReader::open(const Unread& unread) {
    const auto read = before_ + offset_;
    const auto opened = open(unread.file.name, &unread.file.id);
    if (!opened || !*opened) return opened;
    offset_ = unread.from;
    nuls_are_freed_ = offset_ > 0;
    // What was written late to a file comes behind all that was read.
    before_ = std::max(read, offset_) - offset_;
    return true;
}

/// False: there is no such file, or another one now. Then nothing has changed.
base::Result<bool> FileReader::open(const std::string& name, const FileId* expected) {
    const auto path = (std::filesystem::path(folder_) / name).string();
    // A FIFO put in its place must not make us wait.
    auto file = sys::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file && (file.error() == ENOENT || file.error() == ENOTDIR)) return false;
    if (!file) return base::fail(base::system_problem(path, "open the log", file.error()));
    const auto found = sys::fstatx(file->get());
    if (!found) return base::fail(base::system_problem(path, "look at the log", found.error()));
    if (!S_ISREG(found->stx_mode)) return base::fail(not_a_file(path));
    if (expected != nullptr && !(file_id(*found) == *expected)) return false;
    auto first = read_bytes(file->get(), 0, Fingerprint::most);
    if (!first) return base::fail(base::system_problem(path, "read the log", first.error()));

    file_ = std::make_shared<const base::UniqueFd>(std::move(*file));
    id_ = file_id(*found);
    identity_ = identity_of(*found);
    modified_ns_ = modified_ns(*found);
    first_bytes_ = std::move(*first);
    last_bytes_.clear();
    offset_ = 0;
    nuls_are_freed_ = false;
    return true;
}

Cursor FileReader::cursor_at(std::uint64_t offset) const {
    const auto confirmed = std::string_view(first_bytes_).substr(0, offset);
    return {id_.inode, Fingerprint::of(confirmed), offset, before_, modified_ns_};
}

} // namespace cmw::logs
