// SPDX-License-Identifier: Apache-2.0
//
// binary_store/members.hpp - which file came out of which archive. An archive is approved by its
// own digest, the installed file has another: these notes lead from the one back to the other, so
// that everything else names a file by what was approved.
//
//   artifacts/members/<digest of the archive>.<hash of the member's name>    the file's digest
//
// A note is written, and synced, before the file it tells of is installed.
#pragma once

#include "base/digest.hpp"

namespace cmw::binary_store {

class Members {
  public:
    explicit Members(std::string folder) : folder_(std::move(folder)) {}

    /// Notes that `member` of `archive` has the digest `file`.
    base::Result<> note(const base::Digest& archive, std::string_view member,
                        const base::Digest& file) const;

    /// The archive that has `file` as its `member`: `expected` if it does, else any; nothing if
    /// none is known. A note that cannot be understood counts as none.
    base::Result<std::optional<base::Digest>>
    archive_of(const base::Digest& file, std::string_view member,
               const std::optional<base::Digest>& expected) const;

    /// Drops all notes on `archive`.
    base::Result<> forget(const base::Digest& archive) const;

  private:
    std::string folder_;
};

} // namespace cmw::binary_store
