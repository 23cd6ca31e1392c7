// SPDX-License-Identifier: Apache-2.0
//
// logs/pipeline.hpp - ships log files to backends: every line of every stream to each backend that
// the stream names, at least once, from a durable cursor for each (stream, backend).
//
// One thread for each backend reads, assembles, cuts batches and moves cursors; as many others as the
// backend lets batches be in flight own an instance of it each and write. They sleep until a file
// grows (inotify) or the host stops. On any failure the instance is torn down and made again, with
// back-off, for ever; the cursor has not moved. A write that is not back a grace period after its
// deadline is abandoned with its thread.
#pragma once

#include "base/event_loop.hpp"
#include "config/settings.hpp"
#include "plugin_host/log_backend.hpp"

#include <map>

namespace cmw::logs {

/// What `status` shows of one stream's way to one backend.
struct DeliveryStatus {
    std::uint64_t delivered = 0; ///< Records that the backend has, since the host's start.
    std::uint64_t pending_bytes = 0;
    std::uint64_t rejected = 0; ///< Records that it can never take, passed over.
    double oldest_pending_s = 0;
    std::uint64_t dropped = 0;       ///< Records, on purpose: min-level and rate-limit.
    std::uint64_t dropped_bytes = 0; ///< Freed on the disk (when-full) before they were read.
};
struct StreamStatus {
    std::uint64_t read_bytes = 0;
    std::map<std::string, DeliveryStatus> to; ///< By backend instance.
};

class Pipeline {
  public:
    struct Backend {
        std::string name;
        plugin_host::LogBackendFactory factory;
        base::Nanoseconds deadline = std::chrono::seconds(60); ///< Of one write.
        base::Nanoseconds grace = std::chrono::seconds(5);
    };
    struct Options {
        std::string state_dir; ///< Cursors go to <state_dir>/cursors.
        base::Nanoseconds flush_patience = std::chrono::seconds(10); ///< At the stop.
        std::function<void(std::uint32_t level, const std::string& line)> log;
    };

    /// Starts shipping. A stream that names a backend which is not among `backends` is an error of
    /// the caller's.
    Pipeline(Options options, const std::vector<config::StreamSettings>& streams,
             std::vector<Backend> backends);
    ~Pipeline(); ///< Ships what is there within flush_patience, saves cursors, ends the threads.

    std::map<std::string, StreamStatus> streams() const;
    std::map<std::string, plugin_host::InstanceStatus> backends() const; ///< By instance.

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace cmw::logs
