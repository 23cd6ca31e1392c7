// SPDX-License-Identifier: Apache-2.0
//
// supervisor/service_fixture.hpp - a service over a runner without programs.
#pragma once

#include "base/unique_fd.hpp"
#include "supervisor/service.hpp"

#include <algorithm>
#include <cmw/abi/process_runner.h>
#include <map>
#include <optional>
#include <sys/eventfd.h>

namespace cmw::supervisor::test {

using namespace std::chrono_literals;
using plugin_host::Exit;
using plugin_host::Failure;
using plugin_host::Process;
using plugin_host::StopHow;

/// A runner without programs: the test says what becomes of each call. Answers come through the
/// loop, as a plugin's do.
class FakeRunner final : public plugin_host::ProcessRunner {
  public:
    explicit FakeRunner(base::EventLoop& loop) : loop_(loop) {}

    struct Child {
        base::UniqueFd exit_fd;
        std::optional<Exit> exit;
    };

    std::vector<std::string> calls; ///< "start", "stop 1 gently", ...
    std::map<std::uint64_t, Child> children;
    std::optional<Failure> start_failure;
    std::optional<Failure> stop_failure;
    std::optional<Failure> outcome_failure;
    bool hold_start = false; ///< The answer of a start waits in `held`.
    std::function<void()> held;
    std::uint64_t adoptable = 0;
    plugin_host::Program last;

    std::uint64_t make_child() {
        const auto id = ++next_id_;
        children[id].exit_fd.reset(::eventfd(0, EFD_CLOEXEC));
        return id;
    }
    void end(std::uint64_t id, Exit exit) {
        children.at(id).exit = exit;
        ::eventfd_write(children.at(id).exit_fd.get(), 1);
    }

    void start(const plugin_host::Program& program, Done<Process> done) override {
        calls.emplace_back("start");
        last = program;
        auto answer = [this, done = std::move(done)] {
            if (start_failure) return done(tl::unexpected(*start_failure));
            done(process(make_child()));
        };
        if (hold_start)
            held = std::move(answer);
        else
            loop_.post(std::move(answer));
    }
    void adopt(const std::string&, Done<Process> done) override {
        calls.emplace_back("adopt");
        loop_.post([this, done = std::move(done)] {
            if (adoptable != 0) return done(process(adoptable));
            done(tl::unexpected(Failure{CMW_NOT_FOUND, "cannot find it", {}}));
        });
    }
    void stop(std::uint64_t id, StopHow how, Done<void> done) override {
        calls.push_back(fmt::format("stop {} {}", id, how == StopHow::now ? "now" : "gently"));
        loop_.post([this, done = std::move(done)] {
            if (stop_failure) return done(tl::unexpected(*stop_failure));
            done({});
        });
    }
    void outcome(std::uint64_t id, Done<Exit> done) override {
        loop_.post([this, id, done = std::move(done)] {
            if (outcome_failure) return done(tl::unexpected(*outcome_failure));
            const auto& exit = children.at(id).exit;
            if (!exit) return done(tl::unexpected(Failure{CMW_AGAIN, "still running", {}}));
            done(*exit);
        });
    }
    void release(std::uint64_t id) override {
        calls.push_back(fmt::format("release {}", id));
        children.erase(id);
    }
    void usage(std::uint64_t id,
               std::function<void(std::optional<plugin_host::Usage>)> done) override {
        done(plugin_host::Usage{static_cast<std::int64_t>(id), {}, 1, {}, {}});
    }
    plugin_host::InstanceStatus status() const override { return {}; }

  private:
    Process process(std::uint64_t id) {
        return {id, static_cast<std::int64_t>(1000 + id), children.at(id).exit_fd.get()};
    }

    base::EventLoop& loop_;
    std::uint64_t next_id_ = 0;
};

inline config::ServiceSettings usual_settings() {
    config::ServiceSettings settings;
    settings.name = "cmix";
    settings.command = {"/opt/bin/cmix", "--config", "/opt/cmix.yaml"};
    settings.environment = {{"HOME", "/opt"}};
    settings.directory = "/opt";
    settings.output_path = "/opt/log/cmix.log";
    settings.error_path = "/opt/log/cmix.log";
    settings.stop_timeout = 1h;
    settings.restart_first = 0ns;
    settings.restart_cap = 10ms;
    settings.healthy_after = 1h;
    return settings;
}

struct Fixture {
    std::unique_ptr<base::EventLoop> loop = std::move(*base::EventLoop::create());
    FakeRunner runner{*loop};
    std::vector<std::string> events;
    int changes = 0;
    base::Result<> verdict;
    std::unique_ptr<Service> service;

    explicit Fixture(config::ServiceSettings settings = usual_settings()) {
        Service::Hooks hooks;
        hooks.verify = [this](const auto& answer) { answer(verdict); };
        hooks.event = [this](const ServiceEvent& event) {
            events.push_back(fmt::format("{} {} {}", name(event.what), event.pid, event.detail));
        };
        hooks.changed = [this] { ++changes; };
        service = std::make_unique<Service>(*loop, std::move(settings), runner,
                                            config::OptionValues{}, hooks);
    }

    /// Turns the loop until `ready` or, generously, for ever.
    template <class Condition>
    bool until(Condition ready) {
        const auto end = base::monotonic_now() + 20s;
        while (!ready() && base::monotonic_now() < end) loop->run_once(50ms);
        return ready();
    }
    bool comes_to(ServiceState state) {
        return until([&] { return service->status().state == state; });
    }
    /// Everything that is on its way arrives.
    void settle() {
        for (int i = 0; i < 20; ++i) loop->run_once(0ns);
    }
    bool called(const std::string& call) const {
        return std::ranges::find(runner.calls, call) != runner.calls.end();
    }
    auto starts() const { return std::ranges::count(runner.calls, "start"); }
};

} // namespace cmw::supervisor::test
