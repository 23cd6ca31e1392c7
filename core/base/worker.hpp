// SPDX-License-Identifier: Apache-2.0
//
// base/worker.hpp - one thread that carries out jobs in order, for what would block the loop.
//
// A job that never returns must not keep the host from ending: abandon() lets go of the thread.
// All signals are blocked in it, so that they reach the loop's signal descriptor.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace cmw::base {

class Worker {
  public:
    /// `name` shows in ps and debuggers; cut to 15 bytes.
    explicit Worker(const std::string& name);
    /// Finishes the jobs that were posted, then ends the thread; abandon() first if one hangs.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// [any thread]
    void post(std::function<void()> job);

    /// Drops the jobs that have not begun and lets go of the thread, which ends when the job that
    /// it is in returns. What that job refers to must be owned by it.
    void abandon();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace cmw::base
