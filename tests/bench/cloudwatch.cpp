// SPDX-License-Identifier: Apache-2.0
//
// Lines of 150 bytes from a file through the pipeline to CloudWatch Logs, signed, over one connection
// to an endpoint that only counts, in a process of its own: lines a second, processor seconds a
// million lines, peak memory. Where rsyslog is installed the same lines go by its imfile to TCP, and
// the ratio is printed, too.
#include "support/shipping.hpp"
#include "support/temporary_folder.hpp"

#include <arpa/inet.h>
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

constexpr std::uint64_t lines = 2'000'000;
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

/// What the endpoint shares with us.
struct Counted {
    std::atomic<std::uint64_t> requests;
    std::atomic<std::uint64_t> bytes; ///< Of all that came.
};

/// A listener in a child process; `serve` has each connection, one after the other.
class Endpoint {
  public:
    using Serve = void (*)(int connection, Counted& counted);

    explicit Endpoint(Serve serve) {
        void* shared = ::mmap(nullptr, sizeof(Counted), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        counted_ = new (shared) Counted{};
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
            while (true) {
                const int connection = ::accept(listener, nullptr, nullptr);
                if (connection < 0) ::_exit(1);
                serve(connection, *counted_);
                ::close(connection);
            }
        }
        ::close(listener);
    }
    ~Endpoint() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::munmap(counted_, sizeof(Counted));
    }
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    unsigned port() const { return port_; }
    const Counted& counted() const { return *counted_; }

  private:
    Counted* counted_;
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
    std::ofstream out(path, std::ios::binary);
    const auto line = "INFO 2026/11/22 12:00:00.000000 " + std::string(line_size - 33, 'x') + '\n';
    for (std::uint64_t i = 0; i < count; ++i) out << line;
}

struct Measured {
    double lines_per_s = 0;
    double cpu_s_per_million = 0;
};

Measured measure_ours(const test::TemporaryFolder& folder, const std::string& plugins) {
    const Endpoint endpoint(&serve_http);
    const auto log = folder / "bench.log";
    write_lines(log, lines);
    const auto toml = "[log-backend.cloud]\nplugin = \"cloudwatch\"\ngroup = \"bench\"\n"
                      "stream = \"{stream}\"\nregion = \"us-west-1\"\nproxy = \"none\"\n"
                      "access-key-id = \"AKIDEXAMPLE\"\nsecret-access-key = \"secret\"\n"
                      "endpoint = \"http://127.0.0.1:" +
                      std::to_string(endpoint.port()) + "\"\n[log.bench]\npath = \"" + log +
                      "\"\nevent = \"line\"\nto = [\"cloud\"]\n";
    const auto processor = processor_seconds();
    const auto start = base::monotonic_now();
    test::Shipping shipping(toml, plugins, folder / "state");
    while (shipping.pipeline().streams()["bench"].to["cloud"].delivered < lines)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const Seconds taken = base::monotonic_now() - start;
    const Measured measured{static_cast<double>(lines) / taken.count(),
                            (processor_seconds() - processor) * 1e6 / static_cast<double>(lines)};
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    (void)std::printf(
        "{\"benchmark\":\"cloudwatch\",\"lines_per_s\":%.0f,\"cpu_s_per_million\":%.3f,"
        "\"requests\":%llu,\"peak_rss_mb\":%.1f}\n",
        measured.lines_per_s, measured.cpu_s_per_million,
        static_cast<unsigned long long>(endpoint.counted().requests),
        static_cast<double>(used.ru_maxrss) / 1024);
    return measured;
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
    measure_rsyslog(folder, measure_ours(folder, plugins));
    return 0;
}
