// SPDX-License-Identifier: Apache-2.0
//
// supervisor/service.hpp - one service: keeps its program in the state that is wanted, through a
// process runner. What to do is decided by process_state.hpp, a pure function; this carries it out.
// Belongs to the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "config/settings.hpp"
#include "plugin_host/process_runner.hpp"
#include "supervisor/process_state.hpp"

namespace cmw::supervisor {

struct ServiceStatus {
    ServiceState state = ServiceState::stopped;
    std::int64_t pid = 0;
    std::optional<base::UnixTime> since;      ///< Of the state.
    std::uint64_t restarts = 0;               ///< By the restart policy, since the host's start.
    unsigned failures = 0;                    ///< In a row, of one that does not run.
    std::optional<base::UnixTime> next_start; ///< Of one in back-off.
    std::string last_exit;                    ///< "" if none: "killed by SIGSEGV (signal 11)".
    std::vector<std::string> last_lines; ///< Of its output, if it ended by itself and not well.
    std::string health = "unknown";      ///< "ok", "failing", "unknown"; "none" without a check.
    std::string health_reason;           ///< Of the last check, if that failed.
    std::string reason;                  ///< Why it waits, is in back-off, failed or does not stop.

    std::optional<plugin_host::Usage>
        usage; ///< Only where somebody asked for it: Service::usage().

    bool operator==(const ServiceStatus&) const = default;
};

/// It runs, and is healthy as far as that is checked.
inline bool is_up(const ServiceStatus& status) {
    return status.state == ServiceState::running &&
           (status.health == "ok" || status.health == "none");
}

/// What happened to a service, for history and the reconciler.
struct ServiceEvent {
    enum class What { adopted, started, start_failed, stopped, crashed, unhealthy };
    What what;
    std::int64_t pid = 0;
    std::string detail; ///< The exit, or the problem, in words.
};
std::string_view name(ServiceEvent::What what);

class Service {
  public:
    /// Called on the loop's thread, never from within one another. Events come in order, after
    /// the `done` of a start or stop: what is to follow at once does not wait for history.
    struct Hooks {
        /// Before each start: are the service's files what they should be? A problem keeps it
        /// down (state `failed`, with the reason). May answer at once. Empty: they always are.
        std::function<void(std::function<void(base::Result<>)>)> verify;
        std::function<void(const ServiceEvent&)> event;
        std::function<void()> changed; ///< status() changed.
    };

    Service(base::EventLoop& loop, config::ServiceSettings settings,
            plugin_host::ProcessRunner& runner, config::OptionValues runner_use, Hooks hooks);
    ~Service(); ///< Leaves the program running.

    /// Takes back the program of an earlier host, if it runs. Once, before all else. A program
    /// that was taken back keeps running whatever its policy, until stop() is called.
    void adopt(std::function<void(bool adopted)> done);

    /// Wants it up, from now on. `done` (may be empty): running, or why not. Out of `failed` and
    /// `backoff` this starts at once; while it is being stopped, after its end.
    void start(std::function<void(base::Result<>)> done = {});

    /// Wants it down: asks gently, kills after stop-timeout. `done`: it has ended.
    void stop(std::function<void(base::Result<>)> done = {});

    /// Wants it up, but not yet: `reason` is shown. It is not started until start(); one that runs
    /// keeps running, and waits after its end.
    void hold_back(const std::string& reason);

    /// Of one that was taken back: where the files of its output ended before its start. Without
    /// this its health by a pattern counts as good.
    void output_since(std::int64_t stdout_at, std::int64_t stderr_at);

    const config::ServiceSettings& settings() const;
    ServiceStatus status() const;

    /// What its program uses now. Nothing if it does not run or its runner does not tell.
    void usage(std::function<void(std::optional<plugin_host::Usage>)> done) const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::supervisor
