// SPDX-License-Identifier: Apache-2.0
//
// logs/window.hpp - the batches of one stream that are on their way to one backend, oldest first,
// and how far the cursor may move: only in order, however they come through. A batch that is safe
// before an older one waits here, and is not sent again. Pure.
#pragma once

#include "logs/batch.hpp"

#include <deque>
#include <optional>

namespace cmw::logs {

class Window {
  public:
    struct Sent {
        std::shared_ptr<const Batch> batch;
        std::size_t delivered = 0; ///< Of its records, from its start: safe.
        std::size_t rejected = 0;  ///< Of these, not counted yet: can never be taken.
        bool busy = false;         ///< It is being written.

        bool done() const { return delivered == batch->records.size(); }
        bool waits() const { return !busy && !done(); } ///< To be written.
    };

    bool empty() const { return sent_.empty(); }
    std::size_t size() const { return sent_.size(); }
    /// Of all batches. Only of one that is not empty.
    const Batch& oldest() const { return *sent_.front().batch; }

    void add(std::shared_ptr<const Batch> batch) { sent_.push_back({std::move(batch)}); }
    /// Whether there is a batch to be written.
    bool waits() const;
    /// The oldest such batch, of which there is one; from now on it is being written.
    const Sent& take();

    struct Moved {
        std::size_t records = 0;         ///< So many more are safe with all before them,
        std::size_t rejected = 0;        ///< of which so many can never be taken ...
        std::optional<std::uint64_t> to; ///< ... and all up to here in the stream; nothing if none.
    };
    /// The writing of `batch` is over: `count` more of its records are safe, of which so many were
    /// rejected.
    Moved written(const Batch& batch, std::size_t count, std::size_t rejected = 0);

  private:
    std::deque<Sent> sent_;
    std::size_t counted_ = 0; ///< Records of the oldest that were counted.
};

} // namespace cmw::logs
