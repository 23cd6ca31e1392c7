// SPDX-License-Identifier: Apache-2.0
//
// logs/board.hpp - what the threads around one backend share and tell each other: the thread that
// reads and cuts batches, those that write them, the watchdog that gives these up, and who asks for
// the status or for the end.
#pragma once

#include "base/unique_fd.hpp"
#include "logs/file_reader.hpp"
#include "logs/pipeline.hpp"
#include "logs/stream_use.hpp"
#include "logs/watchdog.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace cmw::logs {

/// What is known of one file's way to this backend.
struct StreamBoard {
    StreamUse use; ///< Never changes.
    std::uint64_t delivered = 0;
    std::uint64_t rejected = 0;      ///< Records that the backend can never take.
    std::uint64_t dropped = 0;       ///< Records, on purpose.
    std::uint64_t dropped_bytes = 0; ///< Freed on the disk before they were read.
    std::uint64_t read_bytes = 0;
    std::shared_ptr<const base::UniqueFd> file; ///< That is being read; null: none.
    FileId id;                                  ///< Of that file.
    std::shared_ptr<const Finished> finished;   ///< What is not to be read beside it.
    std::uint64_t confirmed = 0;                ///< Offset in it.
    std::optional<base::Monotonic> oldest;      ///< When the oldest batch not confirmed was begun.
};

/// What came of a writer's job.
struct WriteReport {
    std::size_t writer = 0;
    bool hung = false;                           ///< Its thread is given up.
    std::optional<cmw_log_limits> limits;        ///< Of its instance; nothing: none could be made.
    std::size_t delivered = 0;                   ///< Of the records that it was given; of these it
    std::size_t rejected = 0;                    ///< can never take so many.
    std::optional<plugin_host::Failure> failure; ///< Then its instance is gone.
};

struct Board {
    std::atomic<std::size_t> given_up = 0; ///< Writers' threads that have not come back.

    std::mutex mutex; ///< Guards all that follows.
    std::condition_variable changed;
    bool running = true;                    ///< There is a thread that reads.
    std::optional<base::Monotonic> stop_by; ///< Ship what is there until then, and end.
    std::vector<WriteReport> reports;       ///< Not looked at yet.
    plugin_host::InstanceStatus instance;   ///< Of all writers together.
    std::deque<StreamBoard> streams; ///< The thread that reads adds to it, and none takes away.

    base::UniqueFd
        wake; ///< Readable when there is a report, a thread came back, or stop_by was set.
              ///< Set before the first thread starts.
};

/// What the threads of one backend share. Whoever uses it owns it: a thread given up may be last.
struct DeliverySetup {
    Pipeline::Backend backend;
    std::vector<StreamUse> streams; ///< To begin with; then the board's.
    FileReader::Log log;
    std::shared_ptr<Board> board;
    std::shared_ptr<Watchdog> watchdog;
};

} // namespace cmw::logs
