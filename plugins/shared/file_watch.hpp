// SPDX-License-Identifier: Apache-2.0
//
// shared/file_watch.hpp - tells when a file may have changed, through inotify(7).
#pragma once

#include <cmw/host.hpp>

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace cmw::shared {

/// What happened to the file since one looked last; the strongest of several.
enum class Change {
    Touched, ///< Created, linked or given a mode: its content may still be on its way.
    Settled, ///< Closed by a writer, put in place, or gone: what is there now is meant.
};

/// Watches the folder of the file, so that replacement by rename is seen as well as writing in
/// place; and the folder of each symbolic link on the way to it, so that a link that is set anew is
/// seen, too. Then it leads elsewhere: watch anew when current() is false.
class FileWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Throws cmw::Error if the folder cannot be watched.
    explicit FileWatch(const std::filesystem::path& file);
    ~FileWatch();
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;

    /// Block until something happened; nothing if nothing did until `until`. Throws cmw::Error if
    /// the folder itself goes away.
    std::optional<Change> wait(const Call& call, Time until = Time::max());

    /// Whether the path still leads where it led.
    bool current() const;

  private:
    void follow(const std::filesystem::path& path, int depth);
    void watch(const std::filesystem::path& file);

    int fd_ = -1;
    std::filesystem::path file_;
    std::filesystem::path target_; ///< Empty: the path led nowhere.
    std::set<std::string> names_;
};

} // namespace cmw::shared
