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

/// A copy has the same bytes as far as they are known, and is not itself a file that was read.
FileReader::Found FileReader::find_copy(const std::vector<Generation>& generations) {
    FileReader copy(path_, std::nullopt, std::nullopt, log_);
    for (const auto& one : generations) {
        const auto* known = finished_->find(one);
        const bool is_read = known != nullptr && known->read == one.size;
        if (one.live || one.id == id_ || one.size < offset_) continue;
        const auto opened = copy.open(one.name, &one.id);
        if (!opened) { // It must not keep us from the log itself.
            log_(CMW_LEVEL_WARN, base::to_string(opened.error()));
            continue;
        }
        if (!*opened) return Found::moved;
        if (!copy.first_bytes_.starts_with(first_bytes_)) continue;
        if (is_read && known->first.fits(copy.first_bytes_)) continue;
        const auto last =
            read_bytes(copy.file_->get(), offset_ - last_bytes_.size(), last_bytes_.size());
        if (!last || *last != last_bytes_) continue;
        log_(CMW_LEVEL_INFO, fmt::format("{} was truncated: read on at byte {} of its copy, {}",
                                         path_, offset_, one.name));
        copied_ = id_;
        forget(identity_);
        file_ = copy.file_;
        id_ = copy.id_;
        identity_ = copy.identity_;
        modified_ns_ = copy.modified_ns_;
        first_bytes_ = copy.first_bytes_;
        return Found::yes;
    }
    return Found::no;
}

} // namespace cmw::logs
