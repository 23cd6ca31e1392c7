// SPDX-License-Identifier: Apache-2.0
//
// logs/generations.hpp - the files that a rotated log consists of, and their order. Pure, but for the
// function that looks into the folder.
//
// Generations of "cmix.log" are files beside it named "cmix.log.1", "cmix.log-20260101",
// "cmix-2026-01-01T00.log" and so on: its name and a part of digits and separators. Compressed ones
// are not read. Their order is a guess only: which of them are to be read finished.hpp tells.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace cmw::logs {

/// What a name can stand for, as long as somebody holds it open.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileId&) const = default;
};
FileId file_id(const struct stat& found);
FileId file_id(const struct statx& found);
std::int64_t modified_ns(const struct stat& found);
std::int64_t modified_ns(const struct statx& found);

/// Tells a file from others in its folder, also from one that gets its inode later: by when it came
/// to be (0: the file system does not say). The device does not count: its number may be another
/// after a reboot.
std::uint64_t identity_of(std::uint64_t inode, std::int64_t born_ns);
std::uint64_t identity_of(const struct statx& found);

struct Generation {
    std::string name; ///< In its folder: "cmix.log.1".
    FileId id;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    bool live = false; ///< It has the log's own name.
    std::int64_t born_ns = 0;
    std::uint64_t identity() const { return identity_of(id.inode, born_ns); }
    bool operator==(const Generation&) const = default;
};

/// Whether `name` is an older generation of the file `live`, both without their folder.
bool is_older_generation(std::string_view name, std::string_view live);

/// The N of "cmix.log.N".
std::optional<std::uint64_t> number_in_name(std::string_view name);

/// Oldest first, as far as the time of the last writing tells, which rotation by rename does not
/// touch, but a clock that jumps does; within a tick of it by number. The live file is the last.
void sort_generations(std::vector<Generation>& generations);

/// Of sorted generations those that were written after `id`: what is behind it, or, if it is not
/// among them, what was modified at `modified_ns` or later, and the live file. Only for cursors that
/// come without a whole list of what is finished.
std::span<const Generation> written_after(std::span<const Generation> sorted, const FileId& id,
                                          std::int64_t modified_ns);

/// All generations of `path` that are there, sorted. Rotation may go on meanwhile: the folder is
/// looked at until two looks agree.
base::Result<std::vector<Generation>> list_generations(const std::string& path);

} // namespace cmw::logs
