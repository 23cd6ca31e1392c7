// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/way_back.hpp - how what a worker did comes back to the loop, also when the loop, the
// instance or the worker is gone by then; for instance.cpp.
#pragma once

#include "base/event_loop.hpp"
#include "plugin_host/session.hpp"

#include <memory>
#include <mutex>

namespace cmw::plugin_host {

/// The way of a worker back to the loop. It closes when the instance ends: an abandoned worker may
/// come back after the loop is gone.
class Gate {
  public:
    explicit Gate(base::EventLoop& loop) : loop_(&loop) {}

    void post(std::function<void()> work) { // [any thread]
        const std::lock_guard lock(mutex_);
        if (loop_ != nullptr) loop_->post(std::move(work));
    }
    void close() {
        const std::lock_guard lock(mutex_);
        loop_ = nullptr;
    }

  private:
    std::mutex mutex_;
    base::EventLoop* loop_;
};

/// Tells the loop how a turn ended, also of one that was dropped before it began.
class Report {
  public:
    Report(std::shared_ptr<Gate> gate,
           std::function<void(const tl::expected<void, Failure>&)> finished)
        : gate_(std::move(gate)), finished_(std::move(finished)) {}
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;
    ~Report() {
        gate_->post([finished = std::move(finished_), end = std::move(result)] { finished(end); });
    }

    tl::expected<void, Failure> result;

  private:
    std::shared_ptr<Gate> gate_;
    std::function<void(const tl::expected<void, Failure>&)> finished_;
};

} // namespace cmw::plugin_host
