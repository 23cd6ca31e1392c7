// SPDX-License-Identifier: Apache-2.0
//
// logs/board.hpp - what the threads around one backend tell each other: the thread that ships, the
// watchdog that gives it up, and who asks for the status or for the end.
#pragma once

#include "base/unique_fd.hpp"
#include "logs/generations.hpp"
#include "logs/pipeline.hpp"
#include "logs/stream_use.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace cmw::logs {

/// What is known of one file's way to this backend. It outlives a thread that is given up.
struct StreamBoard {
    StreamUse use; ///< Never changes.
    std::uint64_t delivered = 0;
    std::uint64_t rejected = 0;      ///< Records that the backend can never take.
    std::uint64_t dropped = 0;       ///< Records, on purpose.
    std::uint64_t dropped_bytes = 0; ///< Freed on the disk before they were read.
    std::uint64_t read_bytes = 0;
    std::shared_ptr<const base::UniqueFd> file; ///< That is being read; null: none.
    FileId id;                                  ///< Of that file.
    std::uint64_t confirmed = 0;                ///< Offset in it.
    std::optional<base::UnixTime> oldest;       ///< When the oldest record not confirmed was read.

    unsigned failures = 0;   ///< In a row.
    base::Monotonic retry{}; ///< Not before this, after a failure.
    std::string problem;     ///< Of its file, as logged last; "" if none.
};

struct Board {
    std::mutex mutex; ///< Guards all that follows.
    std::condition_variable changed;
    std::uint64_t life = 1; ///< Of the thread that ships. Any other has been given up: what it
                            ///< brings back counts no more.
    bool running = false;   ///< There is such a thread.
    unsigned given_up = 0;  ///< Threads that have not come back.
    std::optional<base::Monotonic> stop_by;  ///< Ship what is there until then, and end.
    std::uint64_t works = 0;                 ///< Counts the calls into the plugin.
    bool working = false;                    ///< One is running ...
    std::shared_ptr<plugin_host::Call> call; ///< ... which can be cancelled if this is set ...
    std::size_t working_for = 0;             ///< ... and is for this stream.
    plugin_host::InstanceStatus instance;
    unsigned instance_failures = 0; ///< To make an instance, in a row.
    base::Monotonic instance_retry{};
    std::deque<StreamBoard> streams; ///< The thread that ships adds to it, and none takes away.

    base::UniqueFd wake; ///< Readable when stop_by was set. Set before the first thread starts.
};

} // namespace cmw::logs
