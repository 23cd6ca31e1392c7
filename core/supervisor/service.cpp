// SPDX-License-Identifier: Apache-2.0
#include "supervisor/service_impl.hpp"

#include "base/text.hpp"
#include "supervisor/last_lines.hpp"

#include <fmt/format.h>

namespace cmw::supervisor {

namespace {

using Kind = Event::Kind;
using What = ServiceEvent::What;
using plugin_host::StopHow;

constexpr std::size_t lines_shown = 10;

constexpr const char* minimal_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

plugin_host::Program program_of(const config::ServiceSettings& settings, config::OptionValues use) {
    plugin_host::Program program;
    program.name = settings.name;
    program.executable = settings.command.front();
    program.arguments = settings.command;
    if (!settings.environment.contains("PATH")) program.environment.emplace_back(minimal_path);
    for (const auto& [name, value] : settings.environment)
        program.environment.push_back(name + "=" + value);
    program.directory = settings.directory;
    program.output_path = settings.output_path;
    program.error_path = settings.error_path;
    program.use = std::move(use);
    return program;
}

} // namespace

std::string_view name(ServiceEvent::What what) {
    constexpr std::array<std::string_view, 6> names{"adopted", "started", "start-failed",
                                                    "stopped", "crashed", "unhealthy"};
    return names[static_cast<std::size_t>(what)];
}

Service::Impl::Impl(base::EventLoop& event_loop, config::ServiceSettings service,
                    plugin_host::ProcessRunner& process_runner, config::OptionValues runner_use,
                    Hooks service_hooks)
    : loop(event_loop),
      settings(std::move(service)),
      runner(process_runner),
      hooks(std::move(service_hooks)),
      program(program_of(settings, std::move(runner_use))),
      policy(restart_policy(settings)),
      random(std::random_device{}()) {
    shown.health = settings.health ? "unknown" : "none";
    if (!settings.recovered_error_file.empty())
        recovered = std::make_unique<RecoveredError>(loop, settings.recovered_error_file, [this] {
            feed({Kind::unhealthy, fmt::format("it wrote {} and has not ended within {}",
                                               settings.recovered_error_file,
                                               base::format_duration(RecoveredError::grace))});
        });
}

// ---- Events in, actions out ------------------------------------------------------------------

void Service::Impl::feed(Event event, std::function<void()> enlist) {
    queue.push_back({std::move(event), std::move(enlist)});
    if (draining) return;
    const auto keep = shared_from_this(); // A hook may destroy the service.
    draining = true;
    while (!closed && !queue.empty()) {
        while (!closed && !queue.empty()) {
            const auto next = std::move(queue.front());
            queue.pop_front();
            if (next.enlist) next.enlist();
            take(next.event);
        }
        tell();
    }
    draining = false;
}

void Service::Impl::take(const Event& event) {
    const auto before = state;
    const auto chance = std::uniform_real_distribution<double>(0.0, 1.0)(random);
    const auto actions = step(state, event, policy, base::monotonic_now(), chance);
    follow(before);
    for (const auto action : actions) carry_out(action);
    arm_timer();
    record(before, event);
    show(before.phase);
    answer(event);
}

void Service::Impl::carry_out(Action action) {
    switch (action) {
    case Action::look:
        return look();
    case Action::verify:
        return verify();
    case Action::start:
        return start();
    case Action::stop_gently:
        return stop(StopHow::gently);
    case Action::stop_now:
        return stop(StopHow::now);
    }
}

/// Keeps what belongs to a living, running program in step with the state.
void Service::Impl::follow(const ProcessState& before) {
    if (before.alive && !state.alive) running.reset();
    const bool runs = state.phase == ServiceState::running;
    const bool ran = before.phase == ServiceState::running;
    if (recovered && runs != ran) runs ? recovered->watch() : recovered->unwatch();
    if (runs && !ran) {
        if (!settings.health) return;
        shown.health = "unknown";
        shown.health_reason.clear();
        watch_health();
    } else if (!runs && health) {
        health.reset();
        if (!state.sick) shown.health = "unknown";
    }
}

/// What history is to know of this event.
void Service::Impl::record(const ProcessState& before, const Event& event) {
    const auto add = [&](What what, std::int64_t pid) {
        events.push_back({what, pid, event.text});
    };
    switch (event.kind) {
    case Kind::found:
        if (!before.alive && state.alive) add(What::adopted, pid());
        break;
    case Kind::started:
        if (!before.alive && state.alive) add(What::started, pid());
        break;
    case Kind::start_failed:
    case Kind::start_unknown:
    case Kind::refused:
        if (before.awaited != state.awaited) add(What::start_failed, 0);
        break;
    case Kind::ended:
    case Kind::gone: {
        if (!before.alive || state.alive) break;
        const bool crashed = before.phase == ServiceState::running && !event.success;
        add(crashed ? What::crashed : What::stopped, shown.pid);
        shown.last_exit = event.text;
        shown.last_lines = crashed ? last_lines(settings, lines_shown) : std::vector<std::string>();
        break;
    }
    case Kind::unhealthy:
        if (state.sick && !before.sick) add(What::unhealthy, pid());
        break;
    default:
        break;
    }
}

void Service::Impl::arm_timer() {
    if (timer_at == state.timer) return;
    timer_at = state.timer;
    timer.reset();
    if (!state.timer) return;
    timer = loop.at(*state.timer, later([](Impl& self) {
        self.timer_at.reset();
        self.feed({Kind::timer});
    }));
}

/// Calls back who waits for what has come now. They may call start() and stop(): that is queued,
/// and who waits for that is not meant here.
void Service::Impl::answer(const Event& event) {
    std::vector<Done> ended;
    std::vector<Done> begun;
    std::vector<std::function<void(bool)>> looked;
    if (!state.alive && !state.lost && state.awaited != Action::look &&
        state.awaited != Action::start)
        ended.swap(stopping);
    const bool on_the_way = state.awaited || state.phase == ServiceState::starting ||
                            state.phase == ServiceState::stopping;
    if (event.kind != Kind::look && !on_the_way) begun.swap(starting);
    if (event.kind == Kind::found || event.kind == Kind::gone || event.kind == Kind::look_failed)
        looked.swap(adopting);

    base::Result<> result;
    if (state.phase != ServiceState::running)
        result = base::fail("service." + settings.name,
                            state.reason.empty() ? "cannot keep it running: it was stopped"
                                                 : state.reason);
    for (const auto& done : ended) done({});
    for (const auto& done : begun) done(result);
    for (const auto& done : looked) done(event.kind == Kind::found);
}

void Service::Impl::tell() {
    for (const auto& event : std::exchange(events, {})) {
        if (!closed && hooks.event) hooks.event(event);
    }
    if (closed || shown == told) return;
    told = shown;
    if (hooks.changed) hooks.changed();
}

void Service::Impl::show(ServiceState before) {
    if (state.phase != before || !shown.since) shown.since = base::unix_now();
    shown.state = state.phase;
    shown.pid = pid();
    shown.restarts = state.restarts;
    shown.failures = state.phase == ServiceState::running ? 0 : state.failures;
    shown.next_start.reset();
    if (state.phase == ServiceState::backoff && state.timer)
        shown.next_start = base::unix_now() + (*state.timer - base::monotonic_now());
    shown.reason = state.reason;
}

// ---- The contract ----------------------------------------------------------------------------

Service::Service(base::EventLoop& loop, config::ServiceSettings settings,
                 plugin_host::ProcessRunner& runner, config::OptionValues runner_use, Hooks hooks)
    : impl_(std::make_shared<Impl>(loop, std::move(settings), runner, std::move(runner_use),
                                   std::move(hooks))) {}

Service::~Service() {
    impl_->closed = true;
    impl_->timer.reset();
    impl_->health.reset();
    impl_->recovered.reset();
    impl_->running.reset();
}

void Service::adopt(std::function<void(bool adopted)> done) {
    impl_->feed({Kind::look}, [impl = impl_.get(), done = std::move(done)] {
        if (done) impl->adopting.push_back(done);
    });
}

void Service::start(std::function<void(base::Result<>)> done) {
    impl_->feed({Kind::want_up}, [impl = impl_.get(), done = std::move(done)] {
        if (done) impl->starting.push_back(done);
    });
}

void Service::stop(std::function<void(base::Result<>)> done) {
    impl_->feed({Kind::want_down}, [impl = impl_.get(), done = std::move(done)] {
        if (done) impl->stopping.push_back(done);
    });
}

void Service::hold_back(const std::string& reason) {
    impl_->feed({Kind::hold, reason});
}

void Service::output_since(std::int64_t stdout_at, std::int64_t stderr_at) {
    impl_->output_at = {stdout_at, stderr_at};
    const auto& checked = impl_->settings.health;
    if (!checked || checked->log.empty() || impl_->state.phase != ServiceState::running) return;
    impl_->shown.health = "unknown";
    impl_->watch_health();
}

const config::ServiceSettings& Service::settings() const {
    return impl_->settings;
}

ServiceStatus Service::status() const {
    return impl_->shown;
}

void Service::usage(std::function<void(std::optional<plugin_host::Usage>)> done) const {
    if (!impl_->state.alive || !impl_->running) return done(std::nullopt);
    impl_->runner.usage(impl_->running->process().id, std::move(done));
}

} // namespace cmw::supervisor
