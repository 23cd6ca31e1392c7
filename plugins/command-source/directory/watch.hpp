// SPDX-License-Identifier: Apache-2.0
//
// command-source/directory/watch.hpp - tells when a folder's files, a file, or the way to it may
// have changed, through inotify(7).
#pragma once

#include <cmw/host.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace cmw::command_directory {

/// Sees what happens from its making on. It stays with the folder that is there then: make a new one
/// after each change, then look. For one thread.
class Watch {
  public:
    /// `path`: absolute; neither it nor its folders need to exist. `matters`: whether a file of that
    /// name in the folder does. Throws std::system_error if inotify has no room.
    Watch(const std::filesystem::path& path, std::function<bool(const char*)> matters);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Block until something happened, and a moment longer: what comes together, such as a file that
    /// is made, written and closed, is one piece of news.
    void wait(const Call& call);

  private:
    void watch_way(const std::filesystem::path& path);
    void watch_itself(const std::filesystem::path& path);
    bool concerns_us();

    std::function<bool(const char*)> matters_;
    int fd_ = -1;
    bool news_ = false; ///< Something happened: told by the next wait if this one is cut short.
    int itself_ = -1;   ///< The watch of the path; -1: it is not there.
    std::map<int, std::set<std::string>> ways_; ///< By watch: the names on the way to the path.
};

} // namespace cmw::command_directory
