// SPDX-License-Identifier: Apache-2.0
//
// override-file/file_watch.hpp - tells when a file may have changed, through inotify(7).
#pragma once

#include <cmw/host.hpp>

#include <filesystem>
#include <set>
#include <string>

namespace cmw::override_file {

/// What happened to the file since one looked last; the strongest of several.
enum class Change {
    Touched, ///< Created or linked: its content may still be on its way.
    Settled, ///< Closed by a writer, put in place, or gone: what is there now is meant.
};

/// Watches the folder of the file, so that replacement by rename is seen as well as writing in
/// place; and, of a symbolic link, the folder of what it leads to.
class FileWatch {
  public:
    /// Throws cmw::Error if the folder cannot be watched.
    explicit FileWatch(const std::filesystem::path& file);
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Block until something happened. Throws cmw::Error if the folder itself goes away.
    Change wait(const Call& call);

  private:
    void watch(const std::filesystem::path& file);

    int fd_ = -1;
    std::set<std::string> names_;
};

} // namespace cmw::override_file
