// SPDX-License-Identifier: Apache-2.0
//
// supervisor/process_state.hpp - what to do with one program: state + event + now + random number
// give the new state and the actions. Pure: no clock, no process, no callback.
//
//   stopped/waiting/backoff/failed --want up--> starting (look? verify, start) --> running
//   running --ended--> backoff, stopped or failed by the restart policy
//   running --want down / unhealthy--> stopping (gently, then now) --ended--> where it is wanted
//
// Two programs of one service are worse than none. So while it is not known what the runner has
// under the service's name (`lost`: a start that was not answered, a stop that was refused), the
// runner is asked (`look`) before anything is started.
#pragma once

#include "supervisor/restart_policy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::supervisor {

/// The states of `status`.
enum class ServiceState { stopped, waiting, starting, running, stopping, backoff, failed };
std::string_view name(ServiceState state);

/// What the host wants. `undecided`: nothing was said yet; what an earlier host left is kept.
enum class Wanted { undecided, down, held, up };

enum class Action {
    look,        ///< Ask the runner what it has under the service's name.
    verify,      ///< Check the files, with the state's ticket.
    start,       ///< Start the program.
    stop_gently, ///< Ask it to end.
    stop_now     ///< Kill it and everything it started.
};

struct ProcessState {
    ServiceState phase = ServiceState::stopped;
    Wanted wanted = Wanted::undecided;
    std::optional<Action> awaited; ///< look, verify or start: its answer is to come.
    bool alive = false;            ///< The runner has told of a program, and not of its end.
    bool lost = false;             ///< Not known what the runner has under the name.
    bool sick = false;             ///< It is being stopped because its health check fails.
    bool kill = false;             ///< Asking gently is over ...
    base::Monotonic kill_at{};     ///< ... from here on.
    unsigned failures = 0;         ///< In a row.
    unsigned refused_stops = 0;    ///< In a row.
    std::uint64_t restarts = 0;    ///< By the policy.
    std::uint64_t ticket = 0;      ///< Of the last verify; an answer to an older one is void.
    base::Monotonic running_since{};
    std::optional<base::Monotonic> timer; ///< When a `timer` event is due.
    std::string hold_reason;              ///< Why it is held.
    std::string reason; ///< Why it waits, is in back-off, failed or does not stop.
};

struct Event {
    enum class Kind {
        want_up,
        want_down,
        hold, ///< What the host wants.
        look, ///< First of all: is there one of an earlier host?
        found,
        gone,
        look_failed, ///< Answers to `look`.
        verified,
        refused, ///< Answers to `verify`.
        started,
        start_failed,  ///< Answers to `start`.
        start_unknown, ///< Likewise: no answer in time, it may have started.
        ended,         ///< The program has.
        stop_failed,   ///< The runner could not carry out a stop.
        unhealthy,     ///< The health check fails.
        timer          ///< The state's timer is due.
    };
    Kind kind{};
    std::string text{};       ///< Why, in words.
    bool success = false;     ///< Of `ended`: with status 0.
    std::uint64_t ticket = 0; ///< Of `verified` and `refused`.
};

/// Moves the state on and says what is to be done, in order. `random` is from [0, 1).
std::vector<Action> step(ProcessState& state, const Event& event, const RestartPolicy& policy,
                         base::Monotonic now, double random);

} // namespace cmw::supervisor
