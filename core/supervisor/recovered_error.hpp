// SPDX-License-Identifier: Apache-2.0
//
// supervisor/recovered_error.hpp - the file that a program writes when it ends over an error that it
// handled: whether it was written since the program's start. Belongs to the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "base/unique_fd.hpp"

#include <optional>
#include <string>

namespace cmw::supervisor {

class RecoveredError {
  public:
    /// So long a program may take to end after it wrote the file.
    static constexpr base::Nanoseconds grace = std::chrono::seconds(10);

    /// `overdue`: the file was written, and the program has still not ended after `grace`.
    RecoveredError(base::EventLoop& loop, std::string path, std::function<void()> overdue,
                   base::Nanoseconds patience = grace);

    void begin();                       ///< Before the program is started.
    void resume(base::Nanoseconds age); ///< It was taken back, and has run for so long.
    bool written() const;               ///< Since then.

    /// While the program runs. Where the file's folder cannot be watched nothing is overdue.
    void watch();
    void unwatch();

  private:
    std::optional<std::int64_t> modified() const;
    void changed();

    base::EventLoop& loop_;
    const std::string path_;
    const std::function<void()> overdue_;
    const base::Nanoseconds patience_;
    std::optional<std::int64_t> known_; ///< When it was written last, before the start.
    base::UniqueFd watcher_;
    base::EventLoop::Handle events_;
    base::EventLoop::Handle timer_;
};

} // namespace cmw::supervisor
