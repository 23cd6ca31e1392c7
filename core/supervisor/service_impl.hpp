// SPDX-License-Identifier: Apache-2.0
//
// supervisor/service_impl.hpp - what a service is made of. What it takes and tells is in service.cpp,
// what it does in service_actions.cpp.
#pragma once

#include "supervisor/health.hpp"
#include "supervisor/recovered_error.hpp"
#include "supervisor/running_program.hpp"
#include "supervisor/service.hpp"

#include <deque>
#include <random>

namespace cmw::supervisor {

struct Service::Impl : std::enable_shared_from_this<Impl> {
    using Done = std::function<void(base::Result<>)>;

    Impl(base::EventLoop& event_loop, config::ServiceSettings service,
         plugin_host::ProcessRunner& process_runner, config::OptionValues runner_use,
         Hooks service_hooks);

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

    std::shared_ptr<RunningProgram> running; ///< While state.alive.
    base::EventLoop::Handle timer;
    std::optional<base::Monotonic> timer_at;
    std::unique_ptr<HealthMonitor> health;
    std::unique_ptr<RecoveredError> recovered; ///< If the service has such a file.
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
    void take_back();
    void verify();
    void start();
    void stop(plugin_host::StopHow how);

    // ---- The program ----
    std::int64_t pid() const;
    void hold_program(const plugin_host::Process& process);
    void ended(std::string exit, bool success);
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

} // namespace cmw::supervisor
