// SPDX-License-Identifier: Apache-2.0
//
// binary_store/activation.hpp - puts an artifact in its place: staged beside the target on the same
// file system, swapped by rename, put back if need be.
//
//   /opt/x/bin/node                    the target
//   /opt/x/bin/.node.cmw-staged        verified and synced, ready for the rename
//   /opt/x/bin/.node.cmw-previous      what the last swap replaced, until commit
//
// All of it can be done again after a kill at any instant: a swap is told by digests, not by a
// journal. Blocking: stage and verify for a worker; swap and restore are a link and a rename.
// Where the target's path is a symbolic link, the link itself is replaced (and put back).
#pragma once

#include "base/digest.hpp"
#include "binary_store/store.hpp"

#include <functional>
#include <optional>
#include <sys/stat.h>

namespace cmw::binary_store {

/// What tells that a file is the one that was hashed, unchanged since.
struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t size = 0;
    std::int64_t mtime_ns = 0;
    /// Cannot be set by a program: every write, chmod, link and rename moves it. So what was
    /// verified as staged is to be verified again after the swap, to be known from then on.
    std::int64_t ctime_ns = 0;

    bool operator==(const FileIdentity&) const = default;
};
FileIdentity identity_of(const struct stat& found);

/// A file that was hashed, and when.
struct VerifiedFile {
    base::Digest digest;
    FileIdentity identity;
    base::UnixTime hashed_at; ///< When hashing began.
};

/// Whether a file that now has `now` still has the digest of `then`, without reading it. A file
/// changed within 2 s before it was hashed is not trusted: its change time may hide a later change.
bool still_verified(const VerifiedFile& then, const FileIdentity& now);

/// Reads the file and hashes it; nothing if there is no file.
base::Result<std::optional<VerifiedFile>> verify(const std::string& path,
                                                 std::string_view algorithm);

/// Why the kernel of this machine would not execute a file that begins like this ("" if it would):
/// an ELF file of another machine or type, an interpreter that is missing, neither ELF nor "#!".
/// `begin`: the first bytes of the file, 4 KiB or all of it.
std::string why_not_executable(std::span<const std::byte> begin);

struct Target {
    std::string path; ///< Absolute.
    mode_t mode = 0755;
    bool executable = false; ///< A service runs it: it must be fit to execute.
    /// The artifact is an archive, and the file is this member of it (a normal name); "": the
    /// artifact is the file.
    std::string unpack = {};
    std::uint64_t max_size = 0; ///< Bytes of all that is in the archive.
    /// What else is to be known of the file at a path before it is staged; empty: nothing.
    std::function<base::Result<>(const std::string& path)> check = {};
};

/// The file at the target or staged, hashed now and named by its artifact: where it comes out of an
/// archive its digest is that of the archive, of `expected` if that has the same file. A file that
/// no known archive has, and any other, is named by what it hashes to, by the algorithm of
/// `expected` or the default one. Nothing if there is no file.
base::Result<std::optional<VerifiedFile>>
verify_installed(const Store& store, const Target& target,
                 const std::optional<base::Digest>& expected);
base::Result<std::optional<VerifiedFile>>
verify_staged(const Store& store, const Target& target,
              const std::optional<base::Digest>& expected);

/// Copies the artifact from the store beside the target, verifying what is written; mode set,
/// owner as the present target's (else ours: none is there, or we may not give files away),
/// synced. Replaces an older staged file. On failure nothing is staged. Of an archive the member is
/// unpacked, and noted in the store.
base::Result<> stage(const Store& store, const base::Digest& digest, const Target& target);

/// Drops what is staged: it is not needed.
base::Result<> unstage(const Target& target);

/// Where stage() puts it.
std::string staged_path(const Target& target);

/// Swaps the staged file in; what it replaces stays as the previous one, in place of an older
/// one. No data is read or synced: this lies between the old program's exit and the new one's
/// start. (Only where hard links are impossible the previous one is a copy.) On failure the target
/// is untouched.
base::Result<> swap(const Target& target);

/// Puts the previous file back (or removes the target, if there was none before the swap). Done
/// again it does nothing, so it cannot tell that commit() came before: whoever calls it knows by
/// the digest that the swap took place. The folder is not synced: commit() does.
base::Result<> restore(const Target& target, bool had_previous);

/// After a swap that stays: syncs the folder and drops the previous file.
base::Result<> commit(const Target& target);

} // namespace cmw::binary_store
