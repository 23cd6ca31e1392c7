// SPDX-License-Identifier: Apache-2.0
#include "supervisor/process_state.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cmw::supervisor {

namespace {

using Kind = Event::Kind;
using Phase = ServiceState;

/// Between tries to stop what the runner will not stop, or to ask it what it has.
constexpr base::Backoff stop_retry{std::chrono::seconds(1), std::chrono::seconds(30), 2.0, 0.2};

/// One step: the state under change, and what it is decided from.
struct Step {
    ProcessState& state;
    const Event& event;
    const RestartPolicy& policy;
    base::Monotonic now;
    double random;
    std::vector<Action> actions{};

    void act(Action action) { actions.push_back(action); }
    void ask(Action action) {
        state.awaited = action;
        act(action);
    }
    bool awaits(Action action) const { return state.awaited == action; }

    void rest(Phase phase, std::string reason) {
        state.phase = phase;
        state.reason = std::move(reason);
        state.timer.reset();
    }

    /// The way to a running program: look if need be, verify, start.
    void begin() {
        state.phase = Phase::starting;
        state.timer.reset();
        state.sick = false;
        if (state.awaited) return; // A look or a start that was overtaken: its answer decides.
        if (state.lost) return ask(Action::look);
        ++state.ticket;
        ask(Action::verify);
    }

    /// Nothing runs, and nothing is to be started now.
    void settle(std::string why) {
        if (state.wanted == Wanted::held) return rest(Phase::waiting, state.hold_reason);
        rest(Phase::stopped, std::move(why));
    }

    void end() {
        state.phase = Phase::stopping;
        state.kill = false;
        state.kill_at = now + policy.stop_timeout;
        state.refused_stops = 0;
        ask_to_end();
    }

    void ask_to_end() {
        state.timer = state.kill ? now + retry_delay() : state.kill_at;
        act(state.kill ? Action::stop_now : Action::stop_gently);
    }

    base::Nanoseconds retry_delay() { return stop_retry.delay(++state.refused_stops, random); }

    /// After a failure number `failures`: by the policy.
    void retry_or_fail(std::string why) {
        if (!policy.restarts(false)) return rest(Phase::failed, std::move(why));
        const auto delay = policy.delay(state.failures, random);
        ++state.restarts;
        state.reason = std::move(why);
        if (delay <= base::Nanoseconds::zero()) return begin();
        state.phase = Phase::backoff;
        state.timer = now + delay;
    }

    void run() {
        state.phase = Phase::running;
        state.running_since = now;
        state.reason.clear();
        state.timer.reset();
    }

    // ---- What the host wants ----
    void want_up();
    void want_down();
    void hold();
    // ---- Answers ----
    void first_look();
    void found();
    void gone();
    void look_failed();
    void verified();
    void refused();
    void started();
    void start_failed();
    // ---- What happens ----
    void ended();
    void stop_failed();
    void unhealthy();
    void timer();
};

void Step::want_up() {
    state.wanted = Wanted::up;
    if (state.phase == Phase::running || state.phase == Phase::starting) return;
    state.failures = 0;
    state.sick = false;
    if (state.alive) return; // It is being stopped, and is started again after its end.
    state.reason.clear();
    begin();
}

void Step::want_down() {
    state.wanted = Wanted::down;
    state.sick = false;
    if (state.phase == Phase::stopping) return;
    if (state.alive) return end();
    if (awaits(Action::verify)) state.awaited.reset();
    if (state.awaited || state.lost) { // There may be one: stopped is not said before it is known.
        state.phase = Phase::stopping;
        state.timer.reset();
        if (!state.awaited) ask(Action::look);
        return;
    }
    rest(Phase::stopped, "");
}

void Step::hold() {
    state.wanted = Wanted::held;
    state.hold_reason = event.text;
    if (state.alive || state.phase == Phase::stopping) return;
    if (awaits(Action::verify)) state.awaited.reset();
    if (!state.awaited) settle("");
}

void Step::first_look() {
    if (!state.alive && !state.awaited) ask(Action::look);
}

void Step::found() {
    if (!awaits(Action::look)) return;
    state.awaited.reset();
    state.lost = false;
    if (std::exchange(state.alive, true)) { // Its stop was refused.
        state.kill = state.kill || now >= state.kill_at;
        return ask_to_end();
    }
    if (state.wanted == Wanted::down || state.phase == Phase::stopping) return end();
    run();
}

void Step::gone() {
    if (!awaits(Action::look)) return;
    state.awaited.reset();
    state.lost = false;
    if (state.alive) return ended(); // Its end was missed.
    if (state.wanted == Wanted::up) return begin();
    settle("");
}

void Step::look_failed() {
    if (!awaits(Action::look)) return;
    state.awaited.reset();
    state.lost = !state.alive; // The id of one that lives is tried again instead.
    state.reason = event.text;
    if (state.phase == Phase::stopping) {
        state.timer = now + retry_delay();
        return;
    }
    ++state.failures;
    if (state.wanted == Wanted::up) return retry_or_fail(event.text);
    settle(event.text);
}

void Step::verified() {
    if (!awaits(Action::verify) || event.ticket != state.ticket) return;
    ask(Action::start);
}

void Step::refused() {
    if (!awaits(Action::verify) || event.ticket != state.ticket) return;
    state.awaited.reset();
    rest(Phase::failed, event.text);
}

void Step::started() {
    if (!awaits(Action::start)) return;
    state.awaited.reset();
    state.alive = true;
    if (state.wanted == Wanted::down || state.phase == Phase::stopping) return end();
    run();
}

void Step::start_failed() {
    if (!awaits(Action::start)) return;
    state.awaited.reset();
    state.lost = event.kind == Kind::start_unknown;
    ++state.failures;
    if (state.wanted == Wanted::up) return retry_or_fail(event.text);
    if (state.lost && state.phase == Phase::stopping) return ask(Action::look);
    settle("");
}

void Step::ended() {
    if (!state.alive) return;
    const bool was_stopping = state.phase == Phase::stopping;
    const bool sick = std::exchange(state.sick, false);
    state.alive = false;
    state.kill = false;
    state.lost = state.lost && state.awaited.has_value();
    state.refused_stops = 0;
    state.timer.reset();
    const auto why = event.kind == Kind::ended ? event.text : std::string("its end was not seen");
    if (state.wanted != Wanted::up) return settle(was_stopping ? "" : why);
    if (was_stopping && !sick) return begin();
    const bool success = event.kind == Kind::ended && event.success && !sick;
    state.failures = policy.failures_after(state.failures, now - state.running_since);
    if (success && !policy.restarts(true)) return rest(Phase::stopped, why);
    retry_or_fail(sick ? state.reason : why);
}

void Step::stop_failed() {
    if (!state.alive || state.phase != Phase::stopping) return;
    state.reason = event.text;
    state.lost = true; // Its id may be that of a session which is no more.
    const auto soon = now + retry_delay();
    state.timer = state.kill ? soon : std::min(soon, state.kill_at);
}

void Step::unhealthy() {
    // Held, undecided or never restarted: a program that limps is better than none.
    if (state.phase != Phase::running || state.wanted != Wanted::up) return;
    if (!policy.restarts(false)) return;
    end();
    state.sick = true;
    state.reason = event.text;
}

void Step::timer() {
    if (!state.timer || now < *state.timer) return;
    state.timer.reset();
    if (state.phase == Phase::backoff) return begin();
    if (state.phase != Phase::stopping || state.awaited) return;
    if (state.lost) return ask(Action::look);
    if (!state.alive) return;
    state.kill = state.kill || now >= state.kill_at;
    ask_to_end();
}

} // namespace

std::string_view name(ServiceState state) {
    constexpr std::array<std::string_view, 7> names{"stopped",  "waiting", "starting", "running",
                                                    "stopping", "backoff", "failed"};
    return names[static_cast<std::size_t>(state)];
}

std::vector<Action> step(ProcessState& state, const Event& event, const RestartPolicy& policy,
                         base::Monotonic now, double random) {
    Step step{state, event, policy, now, random};
    switch (event.kind) {
    case Kind::want_up:
        step.want_up();
        break;
    case Kind::want_down:
        step.want_down();
        break;
    case Kind::hold:
        step.hold();
        break;
    case Kind::look:
        step.first_look();
        break;
    case Kind::found:
        step.found();
        break;
    case Kind::gone:
        step.gone();
        break;
    case Kind::look_failed:
        step.look_failed();
        break;
    case Kind::verified:
        step.verified();
        break;
    case Kind::refused:
        step.refused();
        break;
    case Kind::started:
        step.started();
        break;
    case Kind::start_failed:
    case Kind::start_unknown:
        step.start_failed();
        break;
    case Kind::ended:
        step.ended();
        break;
    case Kind::stop_failed:
        step.stop_failed();
        break;
    case Kind::unhealthy:
        step.unhealthy();
        break;
    case Kind::timer:
        step.timer();
        break;
    }
    return std::move(step.actions);
}

} // namespace cmw::supervisor
