// SPDX-License-Identifier: Apache-2.0
//
// logs/watches.hpp - tells which logs have something new, through one inotify descriptor for all of
// them. A log's open file, the file at its path, its folder and all folders above that are watched:
// one of those may come later, or be deleted or moved and made anew. Belongs to one thread.
#pragma once

#include "base/unique_fd.hpp"
#include "logs/file_reader.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cmw::logs {

class Watches {
  public:
    /// `logs`: how many there are at first; they are numbered from 0.
    static base::Result<Watches> create(std::size_t logs);

    int fd() const { return inotify_.get(); } ///< Readable when drain() has something.

    /// Watches what `reader` reads now. True: something is watched that was not before, so what came
    /// until now may have been missed: read once more.
    base::Result<bool> follow(std::size_t log, const FileReader& reader);

    /// Watches the folders on the way to `path` alone: files that come to be there. True: as above.
    base::Result<bool> follow_folder(std::size_t log, const std::string& path);

    /// Calls `changed` with each log that may have something new, once or more.
    void drain(const std::function<void(std::size_t)>& changed);

  private:
    struct WatchedFile {
        int number = -1; ///< Of the watch.
        FileId id;
    };
    struct WatchedFolder {
        int number = -1;
        std::string next; ///< The name of the folder below it; of its own: what the names of all
                          ///< generations begin with.
        bool is_own = false;
    };
    struct Log {
        WatchedFile file;
        WatchedFile at_path;
        std::vector<WatchedFolder> way; ///< From the root on.
        bool way_changed = true;        ///< It may lead elsewhere now.
    };

    base::Result<bool> watch(std::size_t log, WatchedFile& watched, const std::string& path,
                             const FileId& id);
    base::Result<std::vector<WatchedFolder>> watch_way(const std::string& path);
    void let_go(std::size_t log, int number);
    void forget(int number);
    bool concerns(std::size_t log, int number, std::string_view name);

    base::UniqueFd inotify_;
    std::vector<Log> logs_;
    std::multimap<int, std::size_t> by_number_; ///< The logs that a watch is for.
};

} // namespace cmw::logs
