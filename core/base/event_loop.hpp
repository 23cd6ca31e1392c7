// SPDX-License-Identifier: Apache-2.0
//
// base/event_loop.hpp - the one thread that owns the core's state: epoll, timers, posted functions.
//
// All functions belong to the loop's thread, except post() and stop(). Callbacks run one after the
// other and must not block. A handle ends its subscription when it dies, also from within a
// callback, its own included. The loop sleeps until the kernel has something: no tick.
#pragma once

#include "base/clock.hpp"
#include "base/problem.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <sys/epoll.h>

namespace cmw::base {

class EventLoop {
  public:
    /// Fails if the kernel refuses an epoll or event descriptor.
    static Result<std::unique_ptr<EventLoop>> create();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// A subscription; it ends when the handle dies. Outlive the loop and it does nothing.
    class Handle {
      public:
        Handle() = default;
        explicit Handle(std::shared_ptr<void> token) : token_(std::move(token)) {}
        explicit operator bool() const noexcept { return token_.use_count() > 0; }
        void reset() noexcept { token_.reset(); }

      private:
        std::shared_ptr<void> token_;
    };

    /// Calls `callback` with the events (EPOLLIN, ...) whenever `fd` has one. The descriptor stays
    /// the caller's, who drops the handle before closing it.
    [[nodiscard]] Result<Handle> watch(int fd, std::uint32_t events,
                                       std::function<void(std::uint32_t)> callback);

    /// Calls `callback` once, at `at` or soon after.
    [[nodiscard]] Handle at(Monotonic at, std::function<void()> callback);
    [[nodiscard]] Handle after(Nanoseconds delay, std::function<void()> callback) {
        return at(monotonic_now() + delay, std::move(callback));
    }

    /// Runs `work` on the loop's thread, after what was posted before. [any thread]
    void post(std::function<void()> work);

    /// Runs until stop() is called; what was posted before the stop has run.
    void run();
    /// Makes run() return. [any thread]
    void stop();

    /// Handles what is ready now, waiting at most `patience` for it: for tests.
    void run_once(Nanoseconds patience);

  private:
    struct Impl;
    explicit EventLoop(std::unique_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::base
