// SPDX-License-Identifier: Apache-2.0
//
// consensus/watcher.hpp - keeps asking one consensus source and holds its last whole answer. After
// any failure the source is made anew, with back-off: that is the whole recovery. The last answer
// stays; what the network approved does not end because nobody can be asked.
// Belongs to the loop's thread.
#pragma once

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "plugin_host/consensus_source.hpp"

namespace cmw::consensus {

class Watcher {
  public:
    struct Options {
        base::Backoff backoff{std::chrono::milliseconds(500), std::chrono::minutes(1), 2.0, 0.2};
        /// A source that answers the same at once cannot be notified: it is asked this often.
        base::Nanoseconds pace = std::chrono::seconds(5);
    };

    /// `changed`: verdict() or error() changed. Begins at once.
    Watcher(base::EventLoop& loop, plugin_host::ConsensusSource& source, Options options,
            std::function<void()> changed);
    ~Watcher(); ///< Cancels the poll.
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// The last whole answer; nothing before the first.
    const std::optional<plugin_host::Verdict>& verdict() const;
    /// Why the last poll failed; "" after one that did not.
    const std::string& error() const;
    plugin_host::InstanceStatus status() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::consensus
