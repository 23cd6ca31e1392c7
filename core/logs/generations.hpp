// SPDX-License-Identifier: Apache-2.0
//
// logs/generations.hpp - the files that a rotated log consists of, and their order. Pure, but for the
// function that looks into the folder.
//
// Generations of "cmix.log" are files beside it named "cmix.log.1", "cmix.log-20260101",
// "cmix-2026-01-01T00.log" and so on: its name and a part of digits and separators. Compressed ones
// are not read. The order is that of their last writing, which rotation by rename does not touch.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
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
std::int64_t modified_ns(const struct stat& found);

struct Generation {
    std::string name; ///< In its folder: "cmix.log.1".
    FileId id;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    bool live = false; ///< It has the log's own name.
    bool operator==(const Generation&) const = default;
};

/// Whether `name` is an older generation of the file `live`, both without their folder.
bool is_older_generation(std::string_view name, std::string_view live);

/// Oldest first; the live file is the last, whatever its times say.
void sort_generations(std::vector<Generation>& generations);

/// Of sorted generations those that were written after `id`: what is behind it, or, if it is not
/// among them, what was modified at `modified_ns` or later, and the live file.
std::span<const Generation> written_after(std::span<const Generation> sorted, const FileId& id,
                                          std::int64_t modified_ns);

/// All generations of `path` that are there, sorted. Rotation may go on meanwhile: the folder is
/// looked at until two looks agree.
base::Result<std::vector<Generation>> list_generations(const std::string& path);

} // namespace cmw::logs
