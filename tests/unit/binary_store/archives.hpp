// SPDX-License-Identifier: Apache-2.0
//
// Archives for tests, written by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace cmw::test {

struct Member {
    std::string name;
    std::string content;
    unsigned type = AE_IFREG;
    std::string link =
        {}; ///< Where a symbolic link leads; of a regular file: a hard link's other name.
};

/// `kind`: "tar", "tar.gz", "tar.zst" or "zip".
inline std::string make_archive(const std::string& kind, const std::vector<Member>& members) {
    std::string bytes;
    auto* writer = ::archive_write_new();
    if (kind == "zip") {
        ::archive_write_set_format_zip(writer);
    } else {
        ::archive_write_set_format_pax_restricted(writer);
        if (kind == "tar.gz") ::archive_write_add_filter_gzip(writer);
        if (kind == "tar.zst") ::archive_write_add_filter_zstd(writer);
    }
    ::archive_write_set_bytes_in_last_block(writer, 1);
    const auto append = [](archive*, void* to, const void* data, std::size_t size) {
        static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
        return static_cast<la_ssize_t>(size);
    };
    REQUIRE(::archive_write_open(writer, &bytes, nullptr, append, nullptr) == ARCHIVE_OK);
    for (const auto& member : members) {
        auto* entry = ::archive_entry_new();
        ::archive_entry_set_pathname(entry, member.name.c_str());
        ::archive_entry_set_filetype(entry, member.type);
        ::archive_entry_set_perm(entry, 0644);
        ::archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
        if (member.type == AE_IFLNK)
            ::archive_entry_set_symlink(entry, member.link.c_str());
        else if (!member.link.empty())
            ::archive_entry_set_hardlink(entry, member.link.c_str());
        REQUIRE(::archive_write_header(writer, entry) == ARCHIVE_OK);
        if (!member.content.empty())
            ::archive_write_data(writer, member.content.data(), member.content.size());
        ::archive_entry_free(entry);
    }
    REQUIRE(::archive_write_close(writer) == ARCHIVE_OK);
    ::archive_write_free(writer);
    return bytes;
}

} // namespace cmw::test
