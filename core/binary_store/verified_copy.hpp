// SPDX-License-Identifier: Apache-2.0
//
// binary_store/verified_copy.hpp - a copy that is what it should be, or none.
#pragma once

#include "base/digest.hpp"

#include <functional>
#include <optional>
#include <sys/types.h>
#include <utility>

namespace cmw::binary_store {

struct CopyAs {
    mode_t mode = 0600;
    /// User and group; ours if we may not give the file away.
    std::optional<std::pair<uid_t, gid_t>> owner;
    bool executable = false; ///< Refuse what this machine could not execute.
    /// What else is to be known of the file at a path before it is used; empty: nothing.
    std::function<base::Result<>(const std::string& path)> check = {};
};

/// Makes `to` (replacing it) a copy of the regular file `from`, reads back and hashes what was
/// written, and syncs it (not its folder). Nothing is left at `to` on failure. A reflink where the
/// file system can; else bounded memory. Blocking.
base::Result<> copy_verified(const std::string& from, const std::string& to,
                             const base::Digest& digest, const CopyAs& as);

/// As copy_verified, for a file of which no digest is known yet: returns that of the copy.
base::Result<base::Digest> copy_hashed(const std::string& from, const std::string& to,
                                       std::string_view algorithm, const CopyAs& as);

/// As copy_verified, of one member of the archive `from`, which has `digest`: see archive.hpp.
/// Returns the digest of the member, read back, by the same algorithm.
base::Result<base::Digest> unpack_verified(const std::string& from, const std::string& to,
                                           const base::Digest& digest, std::string_view member,
                                           std::uint64_t max_size, const CopyAs& as);

/// Why bytes with the digest `found` are not taken for `expected`.
base::Problem digest_problem(const base::Digest& found, const base::Digest& expected);

} // namespace cmw::binary_store
