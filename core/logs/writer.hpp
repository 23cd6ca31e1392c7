// SPDX-License-Identifier: Apache-2.0
//
// logs/writer.hpp - one thread with one instance of a backend: makes it when it is first needed,
// writes one batch at a time, and ends it on any failure, so that the next batch has a new one. A
// call into the plugin that is not back a grace period after its deadline is given up, with its
// thread. What comes of a job is put on the board.
#pragma once

#include "logs/batch.hpp"
#include "logs/board.hpp"

namespace cmw::base {
class Worker;
}

namespace cmw::logs {

class Writer {
  public:
    struct Job {
        std::shared_ptr<const Batch> batch; ///< Null: an instance is to be made, no more.
        std::size_t first = 0;              ///< Record of the batch to begin with.
        std::shared_ptr<const plugin_host::ConfigTable> use;
        cmw_log_limits
            limits{}; ///< That the batch was cut to. An instance with others writes none.
    };

    /// `number`: which writer the outcomes are of.
    Writer(std::shared_ptr<const DeliverySetup> setup, std::size_t number);
    /// Lets go of the thread if it has not come back.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// One after the other: the next when there is an outcome.
    void start(Job job);
    /// Ends the instance; that has an outcome, too.
    void end();
    void cancel(); ///< The write that is running.

  private:
    struct State;
    std::shared_ptr<State> state_;
    std::unique_ptr<base::Worker> thread_;
};

bool same_limits(const cmw_log_limits& a, const cmw_log_limits& b);

} // namespace cmw::logs
