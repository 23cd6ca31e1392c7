// SPDX-License-Identifier: Apache-2.0
#include "supervisor/service.hpp"

#include "base/system.hpp"
#include "supervisor/health.hpp"

#include <deque>
#include <random>

namespace cmw::supervisor {

namespace {

using Kind = Event::Kind;
using What = ServiceEvent::What;
using plugin_host::Exit;
using plugin_host::Failure;
using plugin_host::Process;
using plugin_host::StopHow;
using Done = std::function<void(base::Result<>)>;

constexpr const char* minimal_path =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Between tries of what only fails while the machine is out of memory or descriptors.
constexpr base::Nanoseconds watch_retry = std::chrono::milliseconds(100);

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

struct Service::Impl : std::enable_shared_from_this<Impl> {
    Impl(base::EventLoop& event_loop, config::ServiceSettings service,
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
    }

    base::EventLoop& loop;
    const config::ServiceSettings settings;
    plugin_host::ProcessRunner& runner;
    const Hooks hooks;
    const plugin_host::Program program;
    const RestartPolicy policy;
    std::mt19937_64 random;

    ProcessState state;
    struct Arrival {
        Event event;
        std::function<void()> enlist; ///< Adds who waits, once the event's turn has come.
    };
    std::deque<Arrival> queue;
    bool draining = false;
    bool closed = false;

    Process process;              ///< While state.alive.
    std::uint64_t generation = 0; ///< Of `process`: a runner may use an id twice.
    base::UniqueFd exit_fd;       ///< Ours: the runner may lose its own with a session.
    base::EventLoop::Handle watch;
    base::EventLoop::Handle timer;
    std::optional<base::Monotonic> timer_at;
    std::unique_ptr<HealthMonitor> health;
    /// Where the output of the present program begins: of stdout and stderr; if that is known.
    std::optional<std::pair<std::int64_t, std::int64_t>> output_at;

    ServiceStatus shown;
    ServiceStatus told;
    std::vector<ServiceEvent> events; ///< To be told.
    std::vector<Done> starting;
    std::vector<Done> stopping;
    std::vector<std::function<void(bool)>> adopting;

    // ---- Events in, actions out ----
    void feed(Event event, std::function<void()> enlist = {});
    void take(const Event& event);
    void carry_out(Action action);
    void follow(const ProcessState& before);
    void record(const ProcessState& before, const Event& event);
    void arm_timer();
    void answer(const Event& event);
    void tell();
    void show(ServiceState before);

    // ---- Actions ----
    void look();
    void verify();
    void start();
    void stop(StopHow how);

    // ---- The program ----
    void hold_process(const Process& answer);
    void drop_process();
    void watch_exit();
    void exit_ready();
    void exited(const tl::expected<Exit, Failure>& outcome);
    void watch_health();
    void health_news(const HealthMonitor::News& news);

    /// A callback for later: does `work` if the service still is.
    template <class Work>
    auto later(Work work) {
        return [weak = weak_from_this(), work = std::move(work)](auto&&... arguments) {
            const auto impl = weak.lock();
            if (impl && !impl->closed) work(*impl, std::forward<decltype(arguments)>(arguments)...);
        };
    }
};

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
    if (before.alive && !state.alive) drop_process();
    if (state.phase == ServiceState::running && before.phase != ServiceState::running) {
        if (!settings.health) return;
        shown.health = "unknown";
        shown.health_reason.clear();
        watch_health();
    } else if (state.phase != ServiceState::running && health) {
        health.reset();
        if (!state.sick) shown.health = "unknown";
    }
}

void Service::Impl::watch_health() {
    std::shared_ptr<OutputPattern> pattern;
    if (!settings.health->log.empty()) {
        std::vector<OutputPattern::File> files;
        // One that was taken back has been seen to be well, unless output_since() says otherwise.
        if (!output_at) return static_cast<void>(shown.health = "ok");
        files.push_back({settings.output_path, output_at->first});
        if (settings.error_path != settings.output_path)
            files.push_back({settings.error_path, output_at->second});
        std::erase_if(files, [](const auto& file) { return file.path.empty(); });
        pattern = std::make_shared<OutputPattern>(settings.health->log, std::move(files));
    }
    health = std::make_unique<HealthMonitor>(
        loop, *settings.health,
        later([](Impl& self, const HealthMonitor::News& news) { self.health_news(news); }),
        std::move(pattern));
}

/// What history is to know of this event.
void Service::Impl::record(const ProcessState& before, const Event& event) {
    const auto add = [&](What what, std::int64_t pid) {
        events.push_back({what, pid, event.text});
    };
    switch (event.kind) {
    case Kind::found:
        if (!before.alive && state.alive) add(What::adopted, process.pid);
        break;
    case Kind::started:
        if (!before.alive && state.alive) add(What::started, process.pid);
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
        break;
    }
    case Kind::unhealthy:
        if (state.sick && !before.sick) add(What::unhealthy, process.pid);
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
    shown.pid = state.alive ? process.pid : 0;
    shown.restarts = state.restarts;
    shown.reason = state.reason;
}

// ---- Actions ---------------------------------------------------------------------------------

void Service::Impl::look() {
    runner.adopt(settings.name, later([](Impl& self, const tl::expected<Process, Failure>& answer) {
                     if (answer) {
                         self.hold_process(*answer);
                         return self.feed({Kind::found});
                     }
                     // A runner that cannot take programs back has left none behind.
                     const bool none =
                         answer.error().status == CMW_NOT_FOUND ||
                         (answer.error().status == CMW_UNSUPPORTED && !self.state.alive);
                     if (none) return self.feed({Kind::gone, "ended, its status unknown"});
                     self.feed({Kind::look_failed, answer.error().text});
                 }));
}

void Service::Impl::verify() {
    const auto ticket = state.ticket;
    if (!hooks.verify) return feed({Kind::verified, {}, false, ticket});
    hooks.verify(later([ticket](Impl& self, const base::Result<>& result) {
        if (result) return self.feed({Kind::verified, {}, false, ticket});
        self.feed({Kind::refused, base::to_string(result.error()), false, ticket});
    }));
}

void Service::Impl::start() {
    if (settings.health && !settings.health->log.empty())
        output_at = {file_size(settings.output_path), file_size(settings.error_path)};
    runner.start(
        program, later([](Impl& self, const tl::expected<Process, Failure>& answer) {
            if (answer) {
                self.hold_process(*answer);
                return self.feed({Kind::started});
            }
            // Not in time, or not in a way that makes sense: whether it runs is only known to the runner.
            const bool unknown =
                answer.error().status == CMW_CANCELLED || answer.error().status == CMW_INVALID;
            self.feed({unknown ? Kind::start_unknown : Kind::start_failed, answer.error().text});
        }));
}

void Service::Impl::stop(StopHow how) {
    runner.stop(process.id, how,
                later([made = generation](Impl& self, const tl::expected<void, Failure>& answer) {
                    if (answer || self.generation != made) return;
                    self.feed({Kind::stop_failed, answer.error().text});
                }));
}

// ---- The program -----------------------------------------------------------------------------

void Service::Impl::hold_process(const Process& answer) {
    if (state.alive && process.id != answer.id) drop_process();
    process = answer;
    ++generation;
    watch_exit();
}

void Service::Impl::drop_process() {
    watch.reset();
    exit_fd.reset();
    runner.release(process.id);
    process = {};
}

void Service::Impl::watch_exit() {
    watch.reset();
    if (auto copy = base::sys::duplicate(process.exit_fd)) exit_fd = std::move(*copy);
    auto watched = loop.watch(exit_fd.get(), EPOLLIN,
                              later([](Impl& self, std::uint32_t) { self.exit_ready(); }));
    if (watched) {
        watch = std::move(*watched);
        return;
    }
    shown.reason = base::to_string(watched.error());
    watch = loop.after(watch_retry, later([](Impl& self) { self.watch_exit(); }));
}

void Service::Impl::exit_ready() {
    watch.reset();
    runner.outcome(process.id, later([made = generation](
                                         Impl& self, const tl::expected<Exit, Failure>& outcome) {
                       if (self.generation == made) self.exited(outcome);
                   }));
}

void Service::Impl::exited(const tl::expected<Exit, Failure>& outcome) {
    if (!state.alive) return;
    if (outcome) {
        const bool success = outcome->code == 0 && outcome->signal == 0;
        return feed({Kind::ended, to_string(*outcome), success});
    }
    if (outcome.error().status == CMW_AGAIN) { // Readable, yet running: never spin on that.
        watch = loop.after(watch_retry, later([](Impl& self) { self.watch_exit(); }));
        return;
    }
    feed({Kind::ended, "ended, its status unknown: " + outcome.error().text});
}

void Service::Impl::health_news(const HealthMonitor::News& news) {
    shown.health = news.failing ? "failing" : news.why.empty() ? "ok" : shown.health;
    shown.health_reason = news.why;
    if (news.failing) return feed({Kind::unhealthy, "it is unhealthy: " + news.why});
    tell();
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
    if (impl_->state.alive) impl_->drop_process();
}

void Service::adopt(std::function<void(bool adopted)> done) {
    impl_->feed({Kind::look}, [impl = impl_.get(), done = std::move(done)] {
        if (done) impl->adopting.push_back(done);
    });
}

void Service::start(Done done) {
    impl_->feed({Kind::want_up}, [impl = impl_.get(), done = std::move(done)] {
        if (done) impl->starting.push_back(done);
    });
}

void Service::stop(Done done) {
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

} // namespace cmw::supervisor
