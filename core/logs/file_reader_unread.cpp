// SPDX-License-Identifier: Apache-2.0
//
// What there is to read, and what was passed over or is finished.
#include "logs/file_reader.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>

namespace cmw::logs {

namespace sys = base::sys;

namespace {

sys::Outcome<std::string> first_bytes_of(const std::string& folder, const Generation& one) {
    const auto path = (std::filesystem::path(folder) / one.name).string();
    const auto file = sys::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file) return tl::unexpected(file.error());
    return read_bytes(file->get(), 0, Fingerprint::most);
}

/// Whether `copy` has the bytes at the start of `whole`, as far as both its ends tell.
bool is_copy(const std::filesystem::path& folder, const Generation& copy, const Generation& whole) {
    if (copy.size > whole.size) return false;
    const auto one = sys::open((folder / copy.name).string(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const auto other = sys::open((folder / whole.name).string(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!one || !other) return false;
    const auto size = std::min<std::uint64_t>(copy.size, Fingerprint::most);
    return std::ranges::all_of(std::array{std::uint64_t{0}, copy.size - size}, [&](auto offset) {
        const auto here = read_bytes(one->get(), offset, size);
        const auto there = read_bytes(other->get(), offset, size);
        return here && there && *here == *there;
    });
}

/// Where nothing else tells it from a file that gets its inode, its first bytes do: then there must be
/// some.
std::optional<FinishedFile> passed_over(const std::string& folder, const Generation& one) {
    const auto first = first_bytes_of(folder, one).value_or("");
    if (one.born_ns == 0 && first.empty()) return std::nullopt;
    return FinishedFile{one.identity(), Fingerprint::of(first), FinishedFile::all};
}

} // namespace

void FileReader::change_finished(const std::function<void(Finished&)>& change) {
    auto changed = std::make_shared<Finished>(*finished_);
    change(*changed);
    if (!(*changed == *finished_)) finished_ = std::move(changed);
}

void FileReader::forget(std::uint64_t identity) {
    change_finished([&](Finished& finished) { finished.remove(identity); });
}

/// From where it is unread, if it is. What was read of it and may not be read any more is finished.
std::optional<std::uint64_t> FileReader::unread_of(const Generation& one) const {
    if (!needs_first_bytes(*finished_, one)) return unread_from(*finished_, one, {});
    const auto first = first_bytes_of(folder_, one);
    return first ? unread_from(*finished_, one, *first) : std::nullopt;
}

/// Where the log is known to be copied and truncated, or something is younger than the log, a copy of
/// what is still in it is none: it is read in the log itself.
base::Result<std::optional<FileReader::Unread>>
FileReader::first_unread(const FileId* except) const {
    const auto generations = list_generations(path_);
    if (!generations) return base::fail(generations.error());
    std::vector<Generation> unread;
    std::vector<Generation> done;
    for (const auto& one : *generations) {
        const auto& live = generations->back();
        const bool may_be_copy =
            !one.live && live.live &&
            ((copied_ && live.id == *copied_) || (live.born_ns != 0 && one.born_ns > live.born_ns));
        const bool is_open = except != nullptr && one.id == *except;
        if (!is_open && unread_of(one)) {
            if (!may_be_copy || !is_copy(folder_, one, live)) unread.push_back(one);
        } else if (is_open || finished_->find(one) != nullptr) {
            done.push_back(one);
        }
    }
    if (unread.empty()) return std::nullopt;
    sort_unread(unread, done);
    const auto& first = unread.front();
    return Unread{first, unread_of(first).value_or(0)};
}

void FileReader::pass_over(const Generation& one) {
    if (finished_->find(one) != nullptr) return;
    const auto file = passed_over(folder_, one);
    if (file) change_finished([&](Finished& finished) { finished.add(*file); });
}

base::Result<Finished> older_generations(const std::string& path) {
    const auto generations = list_generations(path);
    if (!generations) return base::fail(generations.error());
    Finished finished;
    const auto folder = std::filesystem::path(path).parent_path().string();
    for (const auto& one : *generations) {
        const auto file = one.live ? std::nullopt : passed_over(folder, one);
        if (file) finished.add(*file);
    }
    return finished;
}

/// Where no list came with the cursor, or not a whole one, the times of the last writing tell what
/// comes before the file `id`, or, if there is none such, before the cursor's.
void FileReader::pass_over_older(const std::vector<Generation>& generations, const FileId& id) {
    if (std::exchange(finished_is_known_, true)) return;
    const auto unread = written_after(generations, id, start_ ? start_->modified_ns : modified_ns_);
    for (std::size_t i = 0; i + unread.size() < generations.size(); ++i)
        if (!(generations[i].id == id)) pass_over(generations[i]);
}

/// The open file is the log. If it is what it was since before these came, then they are older, or
/// copies of what is in it.
void FileReader::pass_over_what_came() {
    const auto folder = sys::stat(folder_);
    if (!folder || modified_ns(*folder) == folder_changed_ns_) return;
    const auto generations = list_generations(path_);
    if (!generations || generations->empty() || !(generations->back().id == id_)) return;
    // The log may be a link to the newest generation, which is there before it.
    if (std::ranges::count(*generations, id_, &Generation::id) > 1) return;
    const auto now = sys::fstat(file_->get());
    const auto changed = first_bytes_changed();
    if (!now || static_cast<std::uint64_t>(now->st_size) < offset_ || !changed || *changed) return;
    folder_changed_ns_ = modified_ns(*folder);
    for (const auto& one : *generations)
        if (!one.live) pass_over(one);
}

/// Of a file with these first bytes so much was read before it was truncated.
void FileReader::pass_over_copies(const std::vector<Generation>& generations,
                                  std::string_view first_bytes, std::uint64_t read) {
    for (const auto& one : generations) {
        if (one.live || one.id == id_ || one.size == 0 || one.size > read) continue;
        const auto first = first_bytes_of(folder_, one);
        if (first && first_bytes.starts_with(*first)) pass_over(one);
    }
}

void FileReader::finish() {
    const auto first = Fingerprint::of(std::string_view(first_bytes_).substr(0, offset_));
    const auto generations = list_generations(path_);
    change_finished([&](Finished& finished) {
        finished.add({identity_, first, offset_});
        // A folder that cannot be listed shows the log alone.
        if (generations && generations->size() > 1) finished.keep_only(*generations);
    });
}

} // namespace cmw::logs
