// SPDX-License-Identifier: Apache-2.0
//
// Lines of 150 bytes from a file through the pipeline to CloudWatch Logs, signed, to an endpoint that
// only counts, in processes of its own: lines a second, processor seconds a million lines, peak
// memory. At full speed; to an endpoint that takes 50 ms for an answer, with one request under way
// and with several; and at 5,000 lines a second. Where rsyslog is installed the same lines go by its
// imfile to TCP, and the ratio is printed, too.
#include "support/shipping.hpp"
#include "support/temporary_folder.hpp"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace cmw;
using Seconds = std::chrono::duration<double>;

namespace {

constexpr std::uint64_t lines_for_rsyslog = 500'000;
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

/// Memory that we share with our children.
template <class Value>
class Shared {
  public:
    Shared()
        : value_(new(::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Value{}) {}
    ~Shared() { ::munmap(value_, sizeof(Value)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    Value& operator*() const { return *value_; }
    Value* operator->() const { return value_; }

  private:
    Value* value_;
};

struct Counted {
    std::atomic<std::uint64_t> requests;
    std::atomic<std::uint64_t> bytes; ///< Of all that came.
    unsigned latency_ms;              ///< From a request to its answer.
};

/// A listener in a child process; `serve` has each connection, in one more.
class Endpoint {
  public:
    using Serve = void (*)(int connection, Counted& counted);

    explicit Endpoint(Serve serve, unsigned latency_ms = 0) {
        counted_->latency_ms = latency_ms;
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, size) != 0 || ::listen(listener, 8) != 0 ||
            ::getsockname(listener, generic, &size) != 0)
            throw std::runtime_error("cannot listen on loopback");
        port_ = ntohs(address.sin_port);
        pid_ = ::fork();
        if (pid_ == 0) {
            (void)std::signal(SIGCHLD, SIG_IGN);
            while (true) {
                const int connection = ::accept(listener, nullptr, nullptr);
                if (connection < 0) ::_exit(1);
                if (::fork() == 0) {
                    serve(connection, *counted_);
                    ::_exit(0);
                }
                ::close(connection);
            }
        }
        ::close(listener);
    }
    ~Endpoint() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    unsigned port() const { return port_; }
    const Counted& counted() const { return *counted_; }

  private:
    Shared<Counted> counted_;
    unsigned port_ = 0;
    pid_t pid_ = -1;
};

/// Answers each request, once it is there, with 200.
void serve_http(int connection, Counted& counted) {
    std::vector<char> buffer(256 * 1024);
    std::string head;
    while (true) {
        const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        counted.bytes += static_cast<std::uint64_t>(got);
        head.append(buffer.data(), static_cast<std::size_t>(got));
        const auto end = head.find("\r\n\r\n");
        if (end == head.npos) continue;
        const auto length = head.find("Content-Length: ");
        auto left = std::strtoll(head.c_str() + length + 16, nullptr, 10) -
                    static_cast<long long>(head.size() - end - 4);
        while (left > 0) {
            const auto more = ::recv(connection, buffer.data(), buffer.size(), 0);
            if (more <= 0) return;
            counted.bytes += static_cast<std::uint64_t>(more);
            left -= more;
        }
        head.clear();
        ++counted.requests;
        std::this_thread::sleep_for(std::chrono::milliseconds(counted.latency_ms));
        constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
}

void serve_lines(int connection, Counted& counted) {
    std::vector<char> buffer(256 * 1024);
    while (true) {
        const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        counted.bytes += static_cast<std::uint64_t>(got);
    }
}

void write_lines(const std::string& path, std::uint64_t count) {
    std::ofstream out(path, std::ios::binary | std::ios::app);
    const auto line = "INFO 2026/11/22 12:00:00.000000 " + std::string(line_size - 33, 'x') + '\n';
    for (std::uint64_t i = 0; i < count; ++i) out << line;
}

struct Measured {
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
constexpr std::array<Run, 5> runs{{{"full speed", 8, 0, 2'000'000, 0},
                                   {"50 ms away", 1, 50, 200'000, 0},
                                   {"50 ms away", 8, 50, 1'000'000, 0},
                                   {"50 ms away", 32, 50, 2'000'000, 0},
                                   {"paced", 8, 0, 40'000, 5'000}}};

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
    while (shipping.pipeline().streams()["bench"].to["cloud"].delivered < run.lines)
        std::this_thread::sleep_for(std::chrono::milliseconds(run.lines_per_s > 0 ? 100 : 5));
    const Seconds taken = base::monotonic_now() - start;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto count = static_cast<double>(run.lines);
    return {count / taken.count(), (processor_seconds() - processor) * 1e6 / count,
            static_cast<double>(used.ru_maxrss) / 1024};
}

/// In a process of its own, so that memory and time are its own.
Measured measure_ours(const Run& run, const test::TemporaryFolder& parent,
                      const std::string& plugins) {
    const Endpoint endpoint(&serve_http, run.latency_ms);
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
    (void)std::printf("{\"benchmark\":\"cloudwatch\",\"run\":\"%s\",\"in_flight\":%u,"
                      "\"lines_per_s\":%.0f,\"cpu_s_per_million\":%.3f,\"requests\":%llu,"
                      "\"peak_rss_mb\":%.1f}\n",
                      run.name, run.requests, measured->lines_per_s, measured->cpu_s_per_million,
                      static_cast<unsigned long long>(endpoint.counted().requests),
                      measured->peak_rss_mb);
    (void)std::fflush(stdout);
    return *measured;
}

/// Until its endpoint has the bytes of all lines.
void measure_rsyslog(const test::TemporaryFolder& folder, const Measured& ours) {
    constexpr const char* program = "/usr/sbin/rsyslogd";
    if (::access(program, X_OK) != 0) return;
    const Endpoint endpoint(&serve_lines);
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

int main() {
    const char* plugins = std::getenv("CMIX_WRAPPER_PLUGINS");
    if (plugins == nullptr) {
        (void)std::fprintf(stderr,
                           "skipped: CMIX_WRAPPER_PLUGINS does not name the plugin folder\n");
        return 77;
    }
    const test::TemporaryFolder folder;
    write_lines(folder / "bench.log", 2'000'000);
    Measured at_full_speed;
    for (const auto& run : runs) {
        const auto measured = measure_ours(run, folder, plugins);
        if (&run == runs.data()) at_full_speed = measured;
    }
    measure_rsyslog(folder, at_full_speed);
    return 0;
}
