// SPDX-License-Identifier: Apache-2.0
//
// How long a service is down: from the kill of its program to the exec of the next one, and from
// the request to stop to the exec of the next one, through all there is in between: kernel, event
// loop, supervisor, worker, C ABI, posix plugin. The exec is taken as of when the loop hears of it,
// so what is shown is more than the truth. Prints one line of JSON.
#include "plugin_host/catalog.hpp"
#include "supervisor/service.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace cmw;
using namespace std::chrono_literals;

namespace {

constexpr int rounds = 300;

using Times = std::vector<double>; ///< Milliseconds.

double since(base::Monotonic start) {
    return std::chrono::duration<double, std::milli>(base::monotonic_now() - start).count();
}

config::ServiceSettings sleeper() {
    config::ServiceSettings settings;
    settings.name = "sleeper";
    settings.command = {"/bin/sleep", "1000"};
    settings.restart = config::Restart::always;
    settings.stop_timeout = 10s;
    settings.restart_cap = 1s; // The first wait is none, and each crash is a first one.
    return settings;
}

/// A service on the loop, driven as the reconciler drives it.
class Bench {
  public:
    Bench(base::EventLoop& loop, plugin_host::ProcessRunner& runner)
        : loop_(loop), service_(loop, sleeper(), runner, config::OptionValues(3), {}) {}

    bool start() {
        service_.start();
        return until_other_than(0) != 0;
    }

    Times crashes() {
        Times times;
        for (int i = 0; i < rounds; ++i) {
            const auto pid = service_.status().pid;
            const auto start = base::monotonic_now();
            ::kill(static_cast<pid_t>(pid), SIGKILL);
            if (until_other_than(pid) == 0) return {};
            times.push_back(since(start));
        }
        return times;
    }

    Times upgrades() {
        Times times;
        for (int i = 0; i < rounds; ++i) {
            const auto pid = service_.status().pid;
            const auto start = base::monotonic_now();
            service_.stop([this](const base::Result<>&) { service_.start(); });
            if (until_other_than(pid) == 0) return {};
            times.push_back(since(start));
        }
        return times;
    }

    void stop() {
        bool stopped = false;
        service_.stop([&](const base::Result<>&) { stopped = true; });
        while (!stopped) loop_.run_once(1s);
    }

  private:
    /// The pid of the next program; 0 if none comes in time.
    std::int64_t until_other_than(std::int64_t pid) {
        const auto end = base::monotonic_now() + 10s;
        while (base::monotonic_now() < end) {
            loop_.run_once(1s);
            const auto status = service_.status();
            if (status.state == supervisor::ServiceState::running && status.pid != pid)
                return status.pid;
        }
        std::fprintf(stderr, "restart: %s\n", service_.status().reason.c_str());
        return 0;
    }

    base::EventLoop& loop_;
    supervisor::Service service_;
};

void print(const char* name, Times times) {
    if (times.empty()) std::exit(1);
    std::ranges::sort(times);
    std::printf("\"%s\": {\"median_ms\": %.3f, \"p95_ms\": %.3f, \"max_ms\": %.3f}, ", name,
                times[times.size() / 2], times[times.size() * 95 / 100], times.back());
}

} // namespace

int main() {
    const char* folder = std::getenv("CMIX_WRAPPER_PLUGINS");
    plugin_host::Catalog catalog({folder != nullptr ? folder : "plugins"});
    const auto plugin = catalog.find("process-runner", "posix");
    if (!plugin) {
        std::fprintf(stderr, "restart: %s\n", base::to_string(plugin.error()).c_str());
        return 1;
    }
    const test::TemporaryFolder state;
    const auto loop = std::move(*base::EventLoop::create());
    config::InstanceSettings settings;
    settings.kind = "process-runner";
    settings.name = "local";
    settings.plugin = "posix";
    plugin_host::Instance instance(*loop, **plugin, settings,
                                   {"cmix-wrapper/bench", state.path().string(), {}});
    const auto runner = plugin_host::make_process_runner(instance);
    Bench bench(*loop, *runner);
    if (!bench.start()) return 1;
    std::printf("{");
    print("crash_to_exec", bench.crashes());
    print("stop_to_exec", bench.upgrades());
    std::printf("\"rounds\": %d}\n", rounds);
    bench.stop();
}
