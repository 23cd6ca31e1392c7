// SPDX-License-Identifier: Apache-2.0
//
// container/output.hpp - a container's log as it goes into the files of its service. Each entry is
// written once, also when the host is killed at any instant: how far the files are is kept beside
// them, and what was written since is known by comparing. For one thread at a time.
#pragma once

#include "log_frames.hpp"
#include "log_position.hpp"
#include "shared/unique_fd.hpp"

namespace cmw::container {

class Output {
  public:
    struct Paths {
        std::string output; ///< "": thrown away.
        std::string errors; ///< May be the same.
        bool wanted() const { return !output.empty() || !errors.empty(); }
    };

    /// `record`: the file that keeps the position of this service.
    Output(Paths paths, std::string record, std::string container);

    /// As far as the files are.
    const LogPosition& position() const { return kept_; }

    /// Makes ready for the log from the second since() on. Throws std::system_error.
    void begin();
    std::int64_t since() const { return kept_.since(); }
    void take(const LogEntry& entry);
    /// Writes what was taken. Throws std::system_error; go on with begin() then.
    void flush();

  private:
    struct File {
        std::string path;
        shared::UniqueFd fd;
        Repeat repeat;
        std::string text; ///< To be written.
        void open(const FileMark& mark);
        void follow_rename();
        void write();
        FileMark mark() const;
    };

    File* file_of(bool error);
    void keep();

    Paths paths_;
    std::string record_;
    shared::UniqueFd record_fd_;
    LogPosition kept_;    ///< As in the record.
    LogPosition reached_; ///< With what is to be written.
    Skip skip_;
    File output_;
    File errors_; ///< Without a path if it is the same as output_.
};

} // namespace cmw::container
