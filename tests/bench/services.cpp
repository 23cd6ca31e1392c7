// SPDX-License-Identifier: Apache-2.0
//
// What many services cost the real host: 1, 50, 100 and 200 of them, each a program that waits and
// writes to its own log. The time until all run, resident memory, and what the host did while nothing
// happened for SERVICES_IDLE_SECONDS (20). Prints one line of JSON.
#include "bench/usage.hpp"
#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <thread>

using namespace cmw::test;

namespace {

std::string configuration(const TemporaryFolder& folder, int services) {
    auto toml = fmt::format("[host]\nstate-dir = \"{0}/state\"\nruntime-dir = \"{0}/run\"\n"
                            "[process-runner.local]\nplugin = \"posix\"\n",
                            folder.path().string());
    for (int i = 0; i < services; ++i)
        toml += fmt::format("[service.s{}]\nrunner = \"local\"\ncommand = [\"{}\", \"{}\"]\n", i,
                            std::getenv("BENCH_STAMP"), folder / "stamps");
    return toml;
}

int started(const TemporaryFolder& folder) {
    const auto text = read_text(folder / "stamps");
    int count = 0;
    for (auto at = text.find("start "); at != std::string::npos; at = text.find("start ", at + 1))
        ++count;
    return count;
}

/// One host with so many services; a JSON object.
std::string measure(int services, std::chrono::seconds idle) {
    const TemporaryFolder folder;
    write_text(folder / "wrapper.toml", configuration(folder, services));
    const auto begun = std::chrono::steady_clock::now();
    Child host({program_path(), "run", "-c", folder / "wrapper.toml"}, folder / "host.out",
               folder / "host.out");
    if (!eventually([&] { return started(folder) == services; }))
        (void)std::fputs(read_text(folder / "host.out").c_str(), stderr);
    const std::chrono::duration<double, std::milli> start =
        std::chrono::steady_clock::now() - begun;
    std::this_thread::sleep_for(std::chrono::seconds(10)); // What follows a start has happened.
    const auto before = usage_of(host.pid());
    std::this_thread::sleep_for(idle);
    const auto after = usage_of(host.pid());
    const auto status = "/proc/" + std::to_string(host.pid()) + "/status";
    auto row = fmt::format(
        R"({{"services":{},"all_run_ms":{:.0f},"resident_kib":{},"anonymous_kib":{},"threads":{},)"
        R"("idle_s":{},"wakes":{},"cpu_ms":{:.0f})",
        services, start.count(), number_in(status, "VmRSS"), number_in(status, "RssAnon"),
        after.threads, idle.count(), after.wakes - before.wakes, after.cpu_ms - before.cpu_ms);
    const auto stopping = std::chrono::steady_clock::now();
    host.signal(SIGTERM);
    host.wait();
    const std::chrono::duration<double, std::milli> stop =
        std::chrono::steady_clock::now() - stopping;
    return row + fmt::format(R"(,"all_stopped_ms":{:.0f}}})", stop.count());
}

} // namespace

int main() {
    const char* chosen = std::getenv("SERVICES_IDLE_SECONDS");
    const std::chrono::seconds idle(chosen == nullptr ? 20 : std::strtol(chosen, nullptr, 10));
    std::string all;
    for (const auto services : {1, 50, 100, 200})
        all += (all.empty() ? "" : ",") + measure(services, idle);
    std::printf("{\"benchmark\":\"services\",\"rows\":[%s]}\n", all.c_str());
}
