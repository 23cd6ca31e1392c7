// SPDX-License-Identifier: Apache-2.0
//
// app/tail.hpp - the end of a file, and what is written to it after, over rotation by rename and
// truncation. Sleeps until the kernel reports a change.
#pragma once

#include "base/event_loop.hpp"
#include "base/unique_fd.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace cmw::app {

class Tail {
  public:
    using Output = std::function<void(std::string_view)>;

    Tail(std::string path, Output output) : path_(std::move(path)), output_(std::move(output)) {}

    /// Gives out the last `count` lines; the last may have no end. Reads no more than it needs,
    /// from the end. With `may_be_missing` a file that is not there is empty.
    base::Result<> last_lines(std::size_t count, bool may_be_missing);

    /// After last_lines(): gives out what is written, whenever `loop` runs.
    base::Result<> follow(base::EventLoop& loop);

  private:
    base::Result<> open();
    base::Result<> watch_file();
    base::Result<> pump();
    void changed(int watcher);
    bool replaced() const;

    std::string path_;
    Output output_;
    base::UniqueFd file_;
    std::int64_t offset_ = 0;
    base::EventLoop* loop_ = nullptr;
    base::UniqueFd file_watcher_;
    base::UniqueFd folder_watcher_;
    base::EventLoop::Handle file_events_;
    base::EventLoop::Handle folder_events_;
};

} // namespace cmw::app
