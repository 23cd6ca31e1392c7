// SPDX-License-Identifier: Apache-2.0
//
// Lines of 150 bytes from a file through the pipeline to CloudWatch Logs, signed, to an endpoint that
// only counts, in processes of its own: lines a second, processor seconds a million lines, peak
// memory. At full speed; to an endpoint that takes 50 ms for an answer, with one request under way
// and with several; and at 5,000 lines a second. Where rsyslog is installed the same lines go by its
// imfile to TCP, and the ratio is printed, too. `bench-cloudwatch 0` is the first run alone.
#include "bench/endpoint.hpp"
#include "support/shipping.hpp"
#include "support/temporary_folder.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace cmw;
using bench::Endpoint;
using bench::Shared;
using Seconds = std::chrono::duration<double>;

namespace {

constexpr std::uint64_t lines_for_rsyslog = 500'000;
/// More than are counted: the last batch, which is not full, waits for others to go with.
constexpr std::uint64_t lines_in_file = 2'150'000;
constexpr std::size_t line_size = 150;

double seconds_of(const rusage& used) {
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return seconds_of(used);
}

void write_lines(const std::string& path, std::uint64_t count) {
    std::ofstream out(path, std::ios::binary | std::ios::app);
    const auto line = "INFO 2026/11/22 12:00:00.000000 " + std::string(line_size - 33, 'x') + '\n';
    for (std::uint64_t i = 0; i < count; ++i) out << line;
}

struct Measured {
    std::uint64_t lines = 0;
    double lines_per_s = 0;
    double cpu_s_per_million = 0;
    double peak_rss_mb = 0;
};

struct Run {
    const char* name;
    unsigned requests; ///< Under way at most.
    unsigned latency_ms;
    std::uint64_t lines;
    std::uint64_t lines_per_s; ///< Written so fast; 0: there before we begin.
};
constexpr std::array<Run, 5> runs{{{"full speed", 16, 0, 2'000'000, 0},
                                   {"50 ms away", 1, 50, 200'000, 0},
                                   {"50 ms away", 16, 50, 1'000'000, 0},
                                   {"50 ms away", 32, 50, 2'000'000, 0},
                                   {"paced", 16, 0, 40'000, 5'000}}};

std::string settings(const Run& run, unsigned port, const std::string& log) {
    return "[log-backend.cloud]\nplugin = \"cloudwatch\"\ngroup = \"bench\"\n"
           "stream = \"{stream}\"\nregion = \"us-west-1\"\nproxy = \"none\"\n"
           "access-key-id = \"AKIDEXAMPLE\"\nsecret-access-key = \"secret\"\n"
           "endpoint = \"http://127.0.0.1:" +
           std::to_string(port) + "\"\nrequests = " + std::to_string(run.requests) +
           "\n[log.bench]\npath = \"" + log + "\"\nevent = \"line\"\nto = [\"cloud\"]\n";
}

/// A hundredth of a second's lines at a time, in a child process.
pid_t start_writer(const Run& run, const std::string& log) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const auto at_once = run.lines_per_s / 100;
    auto next = base::monotonic_now();
    for (std::uint64_t written = 0; written < run.lines; written += at_once) {
        write_lines(log, at_once);
        std::this_thread::sleep_until(next += std::chrono::milliseconds(10));
    }
    ::_exit(0);
}

Measured ship(const Run& run, const std::string& toml, const std::string& plugins,
              const std::string& state_dir) {
    const auto processor = processor_seconds();
    const auto start = base::monotonic_now();
    test::Shipping shipping(toml, plugins, state_dir);
    const auto delivered = [&] {
        return shipping.pipeline().streams()["bench"].to["cloud"].delivered;
    };
    auto shipped = delivered();
    for (; shipped < run.lines; shipped = delivered())
        std::this_thread::sleep_for(std::chrono::milliseconds(run.lines_per_s > 0 ? 100 : 5));
    const Seconds taken = base::monotonic_now() - start;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto count = static_cast<double>(shipped);
    return {shipped, count / taken.count(), (processor_seconds() - processor) * 1e6 / count,
            static_cast<double>(used.ru_maxrss) / 1024};
}

/// In a process of its own, so that memory and time are its own.
Measured measure_ours(const Run& run, const test::TemporaryFolder& parent,
                      const std::string& plugins) {
    const Endpoint endpoint(&bench::serve_http, run.latency_ms);
    const test::TemporaryFolder folder;
    const auto log = run.lines_per_s > 0 ? folder / "bench.log" : parent / "bench.log";
    const auto toml = settings(run, endpoint.port(), log);
    const pid_t writer = run.lines_per_s > 0 ? start_writer(run, log) : -1;
    const Shared<Measured> measured;
    const pid_t pid = ::fork();
    if (pid == 0) {
        *measured = ship(run, toml, plugins, folder / "state");
        ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
    if (writer > 0) ::waitpid(writer, nullptr, 0);
    const auto& counted = endpoint.counted();
    if (counted.events < measured->lines)
        throw std::runtime_error("the endpoint counted fewer events than were confirmed");
    (void)std::printf("{\"benchmark\":\"cloudwatch\",\"run\":\"%s\",\"in_flight\":%u,"
                      "\"lines_per_s\":%.0f,\"cpu_s_per_million\":%.3f,"
                      "\"endpoint_cpu_s_per_million\":%.3f,\"requests\":%llu,"
                      "\"peak_rss_mb\":%.1f}\n",
                      run.name, run.requests, measured->lines_per_s, measured->cpu_s_per_million,
                      static_cast<double>(counted.processor_ns) / 1e3 /
                          static_cast<double>(counted.events),
                      static_cast<unsigned long long>(counted.requests), measured->peak_rss_mb);
    (void)std::fflush(stdout);
    return *measured;
}

/// Until its endpoint has the bytes of all lines.
void measure_rsyslog(const test::TemporaryFolder& folder, const Measured& ours) {
    constexpr const char* program = "/usr/sbin/rsyslogd";
    if (::access(program, X_OK) != 0) return;
    const Endpoint endpoint(&bench::serve_bytes);
    write_lines(folder / "rsyslog.log", lines_for_rsyslog);
    test::write_text(folder / "rsyslog.conf",
                     "global(workDirectory=\"" + folder.path().string() +
                         "\")\nmodule(load=\"imfile\" mode=\"inotify\")\n"
                         "template(name=\"plain\" type=\"string\" string=\"%msg%\\n\")\n"
                         "input(type=\"imfile\" file=\"" +
                         folder / "rsyslog.log" +
                         "\" tag=\"b\" ruleset=\"out\")\n"
                         "ruleset(name=\"out\") { action(type=\"omfwd\" target=\"127.0.0.1\" "
                         "port=\"" +
                         std::to_string(endpoint.port()) +
                         "\" protocol=\"tcp\" template=\"plain\") }\n");
    const auto start = base::monotonic_now();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execl(program, program, "-n", "-f", (folder / "rsyslog.conf").c_str(), "-i",
                (folder / "rsyslog.pid").c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    const auto until = start + std::chrono::seconds(60);
    while (endpoint.counted().bytes < lines_for_rsyslog * line_size &&
           base::monotonic_now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const Seconds taken = base::monotonic_now() - start;
    const bool whole = endpoint.counted().bytes >= lines_for_rsyslog * line_size;
    ::kill(pid, SIGKILL);
    rusage used{};
    ::wait4(pid, nullptr, 0, &used);
    if (!whole) {
        (void)std::fprintf(stderr, "rsyslog did not send all lines: no ratio\n");
        return;
    }
    const auto count = static_cast<double>(lines_for_rsyslog);
    const auto cpu = seconds_of(used) * 1e6 / count;
    (void)std::printf("{\"benchmark\":\"cloudwatch\",\"peer\":\"rsyslog imfile to TCP\","
                      "\"lines_per_s\":%.0f,\"cpu_s_per_million\":%.3f,\"peak_rss_mb\":%.1f,"
                      "\"our_lines_per_s_to_its\":%.1f,\"its_cpu_to_ours\":%.1f}\n",
                      count / taken.count(), cpu, static_cast<double>(used.ru_maxrss) / 1024,
                      ours.lines_per_s * taken.count() / count, cpu / ours.cpu_s_per_million);
}

} // namespace

int main(int argc, char** argv) {
    const char* plugins = std::getenv("CMIX_WRAPPER_PLUGINS");
    if (plugins == nullptr) {
        (void)std::fprintf(stderr,
                           "skipped: CMIX_WRAPPER_PLUGINS does not name the plugin folder\n");
        return 77;
    }
    const test::TemporaryFolder folder;
    write_lines(folder / "bench.log", lines_in_file);
    if (argc > 1) {
        (void)measure_ours(runs.at(std::strtoul(argv[1], nullptr, 10)), folder, plugins);
        return 0;
    }
    const auto at_full_speed = measure_ours(runs.front(), folder, plugins);
    for (const auto& run : std::span(runs).subspan(1)) (void)measure_ours(run, folder, plugins);
    measure_rsyslog(folder, at_full_speed);
    return 0;
}
