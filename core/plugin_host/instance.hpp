// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/instance.hpp - a plugin instance of the core: a session on a worker of its own, so
// that the core never waits for a plugin.
//
// Calls are carried out in order. A call that is not back a grace period after its deadline makes
// the instance `stuck`: the session and its thread are abandoned (they end when the call returns,
// if ever), the call fails with CMW_CANCELLED, and the next call gets a new session. At most
// `max_abandoned` sessions are given up like this; then the instance stays `stuck` and every call
// fails at once with CMW_AGAIN, until one of them returns. While no call runs, no timer is armed.
// All functions belong to the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "config/settings.hpp"
#include "plugin_host/session.hpp"

namespace cmw::plugin_host {

class Instance {
  public:
    static constexpr unsigned max_abandoned = 4;

    /// No session yet: the first call makes it. `grace`: from the deadline (or the cancelling) of a
    /// call until it counts as stuck. `plugin`, the loop and what host.log refers to outlive it; an
    /// abandoned call may log later still.
    Instance(base::EventLoop& loop, const Plugin& plugin, config::InstanceSettings settings,
             HostContext host, base::Nanoseconds grace = std::chrono::seconds(5));
    /// Cancels what runs, waits `grace` for it at most, destroys the session. No `done` comes any more.
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    /// On the worker.
    using Job = std::function<tl::expected<void, Failure>(Session&, const cmw_call&)>;
    /// On the loop's thread, always, and never from within call() itself.
    using Done = std::function<void(tl::expected<void, Failure>)>;

    /// Runs `job` with a session, which is made first if there is none. The time up to `deadline`
    /// (Nanoseconds::max(): none) counts from when the call's turn comes. Everything that `job`
    /// refers to must be owned by it: it may outlive the instance.
    void call(base::Nanoseconds deadline, Job job, Done done);

    /// Cancels the running call and those that wait; their `done` come with CMW_CANCELLED.
    void cancel();

    /// Destroys the session (on the worker, after the calls before); the next call makes a new one.
    void reinitialise();

    const config::InstanceSettings& settings() const;
    const Plugin& plugin() const;
    InstanceStatus status() const;

    /// Told whenever status() changes.
    void on_status(std::function<void()> changed);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::plugin_host
