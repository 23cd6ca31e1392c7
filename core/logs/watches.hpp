// SPDX-License-Identifier: Apache-2.0
//
// logs/watches.hpp - tells which logs have something new, through one inotify descriptor for all of
// them. A log's open file, the file at its path and its folder are watched; a folder that is not
// there is waited for in the nearest one above that is. Belongs to one thread.
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

    /// Watches the folder of `path` alone: files that come to be there. True: as above.
    base::Result<bool> follow_folder(std::size_t log, const std::string& path);

    /// Calls `changed` with each log that may have something new, once or more.
    void drain(const std::function<void(std::size_t)>& changed);

  private:
    struct Watched {
        int number = -1; ///< Of the watch.
        FileId id;       ///< Of the file.
        std::string folder;
    };
    struct Log {
        Watched file;
        Watched at_path;
        Watched folder;
        bool waits_above = false; ///< The folder is not its own, but one above.
        std::string stem;         ///< What the names of its generations begin with.
    };

    base::Result<bool> watch(std::size_t log, Watched& watched, const std::string& path,
                             std::uint32_t mask);
    void let_go(std::size_t log, Watched& watched);
    void forget(int number);
    bool concerns(std::size_t log, int number, std::string_view name) const;

    base::UniqueFd inotify_;
    std::vector<Log> logs_;
    std::multimap<int, std::size_t> by_number_; ///< The logs that a watch is for.
};

} // namespace cmw::logs
