// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/trust.hpp - whether a library may be loaded, before it is: its code would run as we do.
//
// The file and its folder must belong to root or to the user that the host runs as, and nobody else
// may write to them: then only those two can put a file there or change one. A digest pins the file
// against these as well, as far as it can: what is loaded is compared with what was hashed.
#pragma once

#include "base/digest.hpp"
#include "base/problem.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/stat.h>

namespace cmw::plugin_host {

/// Tells whether a path still names the same file with the same content: every write, rename and
/// replacement changes one of these.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0; ///< Of the inode: ctime.

    bool operator==(const FileIdentity&) const = default;
};

/// A file that passed, still open, so that its inode is not used for another one.
struct TrustedFile {
    std::string path; ///< Absolute, without symbolic links.
    base::UniqueFd descriptor;
    FileIdentity identity;
};

/// What is wrong with the owner, type or mode of a file or folder; "" if nothing. Pure.
std::string ownership_fault(const struct stat& found, uid_t host_user);

/// Passes or refuses `file`; the problem names the file, the reason and what to do. Reads all of
/// the file if a digest is demanded.
base::Result<TrustedFile> examine(const std::string& file,
                                  const std::optional<base::Digest>& digest);

/// Whether the path still names what was examined, unchanged.
base::Result<> still_the_same(const TrustedFile& file);

} // namespace cmw::plugin_host
