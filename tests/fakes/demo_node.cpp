// SPDX-License-Identifier: Apache-2.0
//
// demo-node - stands in for a network's node program: logs, answers health checks, misbehaves when
// told to.
//
//   demo-node [--every MS] [--health PORT] [--misbehave HOW] [--config FILE]
//
//   --every MS     one numbered line to stdout this often (default 200)
//   --health PORT  answers HTTP on 127.0.0.1:PORT with 200
//   --config FILE  is not read
//   --misbehave    crash-after=SECONDS  abort() then
//                  exit=STATUS          exits with it at once
//                  ignore-term          SIGTERM does not end it
//                  silent               logs nothing after its first line
//                  fork                 leaves a child in its process group
//                  no-health            accepts health checks and answers 503
//
// Its version is what follows "demo-node version: " at the very end of its own file, so that a new
// version with another digest is made with cp and printf; after a space, how it misbehaves:
//   cp demo-node v2; printf 'demo-node version: 2\n' >>v2
//   cp demo-node v3; printf 'demo-node version: 3 crash-after=1\n' >>v3
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

struct Options {
    int every_ms = 200;
    int health_port = 0;
    int crash_after_ms = -1;
    int exit_status = -1;
    bool ignore_term = false;
    bool silent = false;
    bool forks = false;
    bool healthy = true;
};

volatile std::sig_atomic_t asked_to_stop = 0;

struct Version {
    std::string name;
    std::string misbehave; ///< "": it does not.
};

/// What follows the marker in the last bytes of this program's file.
Version own_version() {
    // In two pieces, so that the program's own text is not taken for the marker.
    const std::string marker = std::string("demo-node ") + "version: ";
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    char tail[256];
    const auto size = ::lseek(file, 0, SEEK_END);
    const auto from =
        size > static_cast<off_t>(sizeof tail) ? size - static_cast<off_t>(sizeof tail) : 0;
    const auto got = ::pread(file, tail, sizeof tail, from);
    ::close(file);
    const std::string text(tail, got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto at = text.rfind(marker);
    if (at == std::string::npos) return {"1", ""};
    const auto start = at + marker.size();
    const auto line = text.substr(start, text.find('\n', start) - start);
    const auto space = line.find(' ');
    return {line.substr(0, space), space == std::string::npos ? "" : line.substr(space + 1)};
}

/// One line as the xx network's programs write them: level word, time, text.
void log(const char* level, const std::string& text) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    char time[32];
    std::strftime(time, sizeof time, "%Y/%m/%d %H:%M:%S", &parts);
    char line[512];
    const int size = std::snprintf(line, sizeof line, "%s %s.%06ld %s\n", level, time,
                                   now.tv_nsec / 1000, text.c_str());
    if (size > 0 && ::write(STDOUT_FILENO, line, static_cast<std::size_t>(size)) < 0) std::abort();
}

int milliseconds_since(const timespec& start) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int>((now.tv_sec - start.tv_sec) * 1000 +
                            (now.tv_nsec - start.tv_nsec) / 1'000'000);
}

int listen_on(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, 8) != 0) {
        log("FATAL", "cannot listen on port " + std::to_string(port) + ": " + std::strerror(errno));
        std::exit(1);
    }
    return listener;
}

void answer(int listener, bool healthy) {
    const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    char request[1024];
    pollfd readable{peer, POLLIN, 0};
    if (::poll(&readable, 1, 1000) > 0) (void)!::read(peer, request, sizeof request);
    const char* reply =
        healthy ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"
                : "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                  "Connection: close\r\n\r\n";
    (void)!::send(peer, reply, std::strlen(reply), MSG_NOSIGNAL);
    ::close(peer);
}

[[noreturn]] void usage() {
    std::fputs("usage: demo-node [--every MS] [--health PORT] [--misbehave HOW] [--version]\n",
               stderr);
    std::exit(2);
}

void misbehave(Options& options, const std::string& how) {
    const auto equals = how.find('=');
    const auto what = how.substr(0, equals);
    const auto value = equals == std::string::npos ? "1" : how.substr(equals + 1);
    if (what == "crash-after")
        options.crash_after_ms = static_cast<int>(std::atof(value.c_str()) * 1000);
    else if (what == "exit")
        options.exit_status = std::atoi(value.c_str());
    else if (what == "ignore-term")
        options.ignore_term = true;
    else if (what == "silent")
        options.silent = true;
    else if (what == "fork")
        options.forks = true;
    else if (what == "no-health")
        options.healthy = false;
    else
        usage();
}

Options parse(int argc, char** argv) {
    Options options;
    if (const auto how = own_version().misbehave; !how.empty()) misbehave(options, how);
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--version") {
            std::printf("demo-node %s\n", own_version().name.c_str());
            std::exit(0);
        }
        if (i + 1 == argc) usage();
        if (name == "--every")
            options.every_ms = std::atoi(argv[i + 1]);
        else if (name == "--health")
            options.health_port = std::atoi(argv[i + 1]);
        else if (name == "--config")
            continue; // As the network's programs are started; there is nothing to set.
        else if (name == "--misbehave")
            misbehave(options, argv[i + 1]);
        else
            usage();
    }
    return options;
}

/// Logs and answers until it is asked to stop.
void serve(const Options& options) {
    const int listener = options.health_port > 0 ? listen_on(options.health_port) : -1;
    timespec start{};
    ::clock_gettime(CLOCK_MONOTONIC, &start);
    for (long line = 1; !asked_to_stop; ++line) {
        const int next = static_cast<int>(line) * options.every_ms;
        for (int left = next - milliseconds_since(start); left > 0 && !asked_to_stop;
             left = next - milliseconds_since(start)) {
            pollfd waiting{listener, POLLIN, 0};
            if (::poll(&waiting, 1, left) > 0) answer(listener, options.healthy);
        }
        if (options.crash_after_ms >= 0 && milliseconds_since(start) >= options.crash_after_ms) {
            log("ERROR", "crashing as told");
            std::abort();
        }
        if (!options.silent && !asked_to_stop) log("INFO", "line " + std::to_string(line));
    }
}

} // namespace

int main(int argc, char** argv) {
    const auto options = parse(argc, argv);
    struct sigaction action {};
    action.sa_handler = [](int) { asked_to_stop = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    if (options.ignore_term) action.sa_handler = SIG_IGN;
    ::sigaction(SIGTERM, &action, nullptr);

    log("INFO",
        "demo-node version " + own_version().name + " started, pid " + std::to_string(::getpid()));
    if (options.exit_status >= 0) {
        log("FATAL", "exiting as told");
        return options.exit_status;
    }
    if (options.forks && ::fork() == 0) {
        for (;;) ::pause();
    }
    serve(options);
    log("INFO", "stopping");
}
