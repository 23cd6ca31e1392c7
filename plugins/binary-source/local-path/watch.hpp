// SPDX-License-Identifier: Apache-2.0
//
// Waits for what is not there yet: a thread that sleeps until something happens at the places that
// were looked at, tells of it once, and forgets them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace cmw::local_path {

class Watch {
  public:
    /// `happened` is called on the watch's thread.
    explicit Watch(std::function<void()> happened) : happened_(std::move(happened)) {}
    ~Watch(); ///< Waits for the thread.
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// From now on, until something happens: any change in this folder, or, if it is none, the
    /// coming and changing of this path, of which folders may be missing too. Throws system_error.
    void look_out(const std::filesystem::path& place);

  private:
    void begin();
    void run();
    bool concerns_us();
    void add(const std::filesystem::path& folder, const std::optional<std::string>& name);

    std::function<void()> happened_;
    int inotify_ = -1;
    int end_ = -1; ///< Readable: the thread is to end.
    std::mutex mutex_;
    /// By watch: the names that matter; none: all.
    std::map<int, std::optional<std::set<std::string>>> watches_;
    std::thread thread_;
};

} // namespace cmw::local_path
