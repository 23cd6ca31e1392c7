// SPDX-License-Identifier: Apache-2.0
//
// bench-crash [ROUNDS] - how long a crashed program is down: from just before SIGKILL to the first act
// of the next program, seen from outside, under this host and under each other supervisor that is
// installed (dinit, runsv, s6-supervise, supervisord), all in one run and without any wait that they
// let us turn off. Twice: the program had run for 1.2 s, and for 50 ms (some never start a program
// twice within a second). Prints one JSON object: milliseconds, and what the supervisor's process
// has resident.
#include "bench/usage.hpp"
#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace cmw;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock; ///< CLOCK_MONOTONIC, as the stamps have it.

namespace {

/// A supervisor that keeps one program running: `stamp` on the file FOLDER/stamps.
struct Supervisor {
    std::string name; ///< Of its program too; looked for in PATH, unless it is ours.
    /// Writes what it needs into a folder of its own; the command that starts it.
    std::vector<std::string> (*prepare)(const std::string& program, const std::string& folder);
};

std::string stamp() {
    return std::getenv("BENCH_STAMP");
}

void write_script(const std::string& path, const std::string& folder) {
    test::write_text(path, fmt::format("#!/bin/sh\nexec {} {}/stamps\n", stamp(), folder));
    ::chmod(path.c_str(), 0755);
}

const std::vector<Supervisor> supervisors{
    {"cmix-wrapper",
     [](const std::string& program, const std::string& folder) {
         const auto file = folder + "/wrapper.toml";
         test::write_text(file, fmt::format(R"([host]
state-dir   = "{0}/state"
runtime-dir = "{0}/run"
[process-runner.local]
plugin = "posix"
[service.node]
runner  = "local"
command = ["{1}", "{0}/stamps"]
restart = "always"
restart-delay     = "0s"
restart-delay-max = "1ms"
healthy-after     = "1s"
)",
                                            folder, stamp()));
         return std::vector<std::string>{program, "run", "-c", file};
     }},
    {"dinit",
     [](const std::string& program, const std::string& folder) {
         test::write_text(folder + "/services/node",
                          fmt::format("type = process\ncommand = {} {}/stamps\nrestart = true\n"
                                      "restart-delay = 0\nrestart-limit-count = 0\n",
                                      stamp(), folder));
         return std::vector<std::string>{program, "--user",           "-d",  folder + "/services",
                                         "-p",    folder + "/socket", "node"};
     }},
    {"runsv",
     [](const std::string& program, const std::string& folder) {
         write_script(folder + "/node/run", folder);
         return std::vector<std::string>{program, folder + "/node"};
     }},
    {"s6-supervise",
     [](const std::string& program, const std::string& folder) {
         write_script(folder + "/node/run", folder);
         return std::vector<std::string>{program, folder + "/node"};
     }},
    {"supervisord",
     [](const std::string& program, const std::string& folder) {
         const auto file = folder + "/supervisord.conf";
         test::write_text(file, fmt::format("[supervisord]\nnodaemon=true\nuser=root\n"
                                            "logfile={0}/log\npidfile={0}/pid\n"
                                            "[program:node]\ncommand={1} {0}/stamps\n"
                                            "autorestart=true\nstartsecs=0\n",
                                            folder, stamp()));
         return std::vector<std::string>{program, "-c", file};
     }},
};

/// Where the program of a supervisor is; empty if it is not installed.
std::string find(const Supervisor& supervisor) {
    if (supervisor.name == "cmix-wrapper") return test::program_path();
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (::access((folder + "/" + supervisor.name).c_str(), X_OK) == 0)
            return folder + "/" + supervisor.name;
    return {};
}

struct Start {
    Clock::time_point time;
    pid_t pid = 0;
};

/// The starts that the programs have written.
std::vector<Start> starts(const std::string& folder) {
    std::vector<Start> found;
    std::istringstream lines(test::read_text(folder + "/stamps"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word;
        std::string version;
        long long ns = 0;
        Start start;
        if (words >> word >> version >> ns >> start.pid && word == "start") {
            start.time = Clock::time_point(std::chrono::nanoseconds(ns));
            found.push_back(start);
        }
    }
    return found;
}

/// Kills the program so many times, each after it has run so long; the times until the next one.
std::vector<double> crashes(const std::string& folder, int rounds, std::chrono::milliseconds ran) {
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
        const auto before = starts(folder);
        std::this_thread::sleep_until(before.back().time + ran);
        const auto killed = Clock::now();
        ::kill(before.back().pid, SIGKILL);
        std::vector<Start> after;
        if (!test::eventually([&] { return (after = starts(folder)).size() > before.size(); }))
            return {};
        times.push_back(
            std::chrono::duration<double, std::milli>(after.back().time - killed).count());
    }
    std::ranges::sort(times);
    return times;
}

std::string figures(const std::vector<double>& times) {
    if (times.empty()) return "null";
    return fmt::format(R"({{"median_ms": {:.2f}, "min_ms": {:.2f}, "max_ms": {:.2f}}})",
                       times[times.size() / 2], times.front(), times.back());
}

std::string measure(const Supervisor& supervisor, int rounds) {
    const auto program = find(supervisor);
    if (program.empty()) return R"("not installed")";
    const test::TemporaryFolder folder;
    const auto command = supervisor.prepare(program, folder.path().string());
    const auto output = folder / "supervisor.out";
    const test::Child child(command, output, output);
    if (!test::eventually([&] { return !starts(folder.path().string()).empty(); })) {
        std::fputs(test::read_text(output).c_str(), stderr);
        return "null";
    }
    const auto spaced = crashes(folder.path().string(), rounds, 1200ms);
    const auto rapid = crashes(folder.path().string(), rounds, 50ms);
    const auto resident =
        test::number_in("/proc/" + std::to_string(child.pid()) + "/status", "VmRSS");
    child.signal(SIGTERM); // It ends its program.
    const auto last = starts(folder.path().string()).back().pid;
    if (!test::eventually([&] { return !test::is_running(last); }, 10s)) ::kill(last, SIGKILL);
    return fmt::format(R"({{"ran_1200ms": {}, "ran_50ms": {}, "resident_kib": {}}})",
                       figures(spaced), figures(rapid), resident);
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
    std::string all;
    for (const auto& supervisor : supervisors)
        all += fmt::format(R"(, "{}": {})", supervisor.name, measure(supervisor, rounds));
    std::printf("{\"rounds\": %d%s}\n", rounds, all.c_str());
}
