// SPDX-License-Identifier: Apache-2.0
//
// A log that is copied and then truncated (logrotate's copytruncate): its copies are generations.
#include "logs/file_reader.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <cmw/abi/plugin.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>

namespace cmw::logs {

namespace sys = base::sys;

sys::Outcome<std::string> read_bytes(int fd, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    const auto got =
        sys::pread(fd, std::as_writable_bytes(std::span(bytes)), static_cast<std::int64_t>(offset));
    if (!got) return tl::unexpected(got.error());
    bytes.resize(*got);
    return bytes;
}

namespace {

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

} // namespace

/// What was written after the file `id` and has bytes. Where the log is known to be copied and
/// truncated, a copy of what is still in it is none: it is read in the log itself.
base::Result<std::optional<Generation>> FileReader::first_after(const FileId& id,
                                                                std::int64_t modified_ns) const {
    const auto generations = list_generations(path_);
    if (!generations) return base::fail(generations.error());
    for (const auto& one : written_after(*generations, id, modified_ns)) {
        const auto& live = generations->back();
        const bool to_be_truncated =
            !one.live && copied_ && live.id == *copied_ && is_copy(folder_, one, live);
        if (one.size > 0 && !to_be_truncated) return one;
    }
    return std::nullopt;
}

/// The open file was truncated: opens what it was copied to, at the same place. False: there is no
/// such file, and the open one is still the same.
base::Result<bool> FileReader::go_on_in_copy() {
    constexpr int most_looks = 100;
    for (int looks = 0; looks < most_looks; ++looks) {
        const auto generations = list_generations(path_);
        if (!generations) return base::fail(generations.error());
        const auto found = find_copy(*generations);
        if (found != Found::moved) return found == Found::yes;
    }
    return base::fail(path_, "cannot open its copies: they never stand still",
                      "rotate it less often");
}

/// A copy has the same bytes as far as they are known, and was not written long before.
FileReader::Found FileReader::find_copy(const std::vector<Generation>& generations) {
    FileReader copy(path_, std::nullopt, log_);
    for (const auto& one : generations) {
        if (one.live || one.id == id_ || one.size < offset_ ||
            one.modified_ns < modified_ns_ - copied_before.count())
            continue;
        const auto opened = copy.open(one.name, &one.id);
        if (!opened) { // It must not keep us from the log itself.
            log_(CMW_LEVEL_WARN, base::to_string(opened.error()));
            continue;
        }
        if (!*opened) return Found::moved;
        if (!copy.first_bytes_.starts_with(first_bytes_)) continue;
        const auto last =
            read_bytes(copy.file_->get(), offset_ - last_bytes_.size(), last_bytes_.size());
        if (!last || *last != last_bytes_) continue;
        log_(CMW_LEVEL_INFO, fmt::format("{} was truncated: read on at byte {} of its copy, {}",
                                         path_, offset_, one.name));
        copied_ = id_;
        file_ = copy.file_;
        id_ = copy.id_;
        modified_ns_ = copy.modified_ns_;
        first_bytes_ = copy.first_bytes_;
        return Found::yes;
    }
    return Found::no;
}

} // namespace cmw::logs
