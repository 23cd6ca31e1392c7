// SPDX-License-Identifier: Apache-2.0
//
// binary_store/archive.hpp - takes one file out of an archive: .tar, .tar.gz, .tar.zst or .zip, read
// by libarchive from memory of a fixed size (a zstd file may ask for up to 128 MiB more).
//
// Only the bytes of one member are used, nothing else of the archive: no path, mode, owner or time,
// and no link or special file is made or followed.
#pragma once

#include "base/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace cmw::binary_store {

/// The bytes of an archive.
struct ArchiveBytes {
    std::string path; ///< For messages.
    std::uint64_t size = 0;
    /// As base::sys::pread: the count, or an errno.
    std::function<tl::expected<std::size_t, int>(std::span<std::byte> buffer, std::int64_t offset)>
        read;
};

/// Takes the member's bytes, in order.
struct MemberSink {
    std::function<base::Result<>(std::uint64_t size)> begin; ///< How many there will be.
    std::function<base::Result<>(std::span<const std::byte> bytes)> write;
};

/// A member's name without "./", "//" and a leading "/"; nothing for one that names no file in the
/// archive: empty, or with "..".
std::optional<std::string> normal_member_name(std::string_view name);

/// Gives `member` (a normal name) to the sink. A problem is: no such member, or two of that name;
/// one that is not a regular file, is encrypted or a link; an archive with more than `max_size`
/// bytes in all its members together, or with more than 100,000 of them; a damaged one. What the
/// sink refuses ends it. All of the archive is looked through, so that a second member is found:
/// what the sink took counts only if this succeeds.
base::Result<> unpack_member(const ArchiveBytes& archive, std::string_view member,
                             std::uint64_t max_size, const MemberSink& sink);

} // namespace cmw::binary_store
