// SPDX-License-Identifier: Apache-2.0
//
// Finds an artifact among the files of a folder: by name, else by what they hash to.
#pragma once

#include <cmw/binary_source.hpp>

#include <filesystem>
#include <map>
#include <sys/stat.h>

namespace cmw::local_path {

/// An open regular file that is closed.
class File {
  public:
    /// Throws CMW_FAILED for anything that is not a regular file: that could block, or act when it
    /// is opened; CMW_NOT_FOUND if nothing is there; system_error.
    explicit File(const std::filesystem::path& path);
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), found_(other.found_) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();
    int fd() const { return fd_; }
    const struct stat& found() const { return found_; }
    std::uint64_t size() const { return static_cast<std::uint64_t>(found_.st_size); }

  private:
    int fd_ = -1;
    struct stat found_ {};
};

/// What files hashed to when they were last looked at. A file that is the same since (device,
/// inode, size, times) is not read again.
class Hashes {
  public:
    /// In hexadecimal. `algorithm` as in cmw_artifact. Leaves the call if it is cancelled.
    std::string of(const Call& call, const File& file, const std::string& algorithm);

  private:
    struct Known {
        std::string algorithm;
        struct stat found;
        std::string hex;
    };
    std::map<std::pair<dev_t, ino_t>, Known> known_;
};

/// The artifact's file in `folder`: {digest}, {target}/{digest}, or the first regular file in it, by
/// name, that hashes to the digest; at most 256 are looked at. Links may not lead out of the
/// folder. Throws CMW_NOT_FOUND with what was tried.
std::filesystem::path find_in(const Call& call, const std::filesystem::path& folder,
                              const Artifact& artifact, Hashes& hashes);

} // namespace cmw::local_path
