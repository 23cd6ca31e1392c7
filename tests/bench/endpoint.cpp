// SPDX-License-Identifier: Apache-2.0
#include "bench/endpoint.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cmw::bench {

namespace {

constexpr std::size_t buffer_size = 256 * 1024;

std::uint64_t objects_in(std::string_view json) {
    std::uint64_t count = 0;
    for (auto at = json.find('{'); at != json.npos; at = json.find('{', at + 1)) ++count;
    return count;
}

std::uint64_t processor_ns() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(used.tv_nsec);
}

/// Of one connection.
class Reader {
  public:
    Reader(int connection, Counted& counted)
        : connection_(connection), counted_(counted), buffer_(buffer_size) {}

    /// What comes next; "" at the end.
    std::string_view next() {
        const auto got = ::recv(connection_, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) return {};
        counted_.bytes += static_cast<std::uint64_t>(got);
        return {buffer_.data(), static_cast<std::size_t>(got)};
    }

    /// False: the connection is closed.
    bool request() {
        std::string head;
        auto end = head.npos;
        while (end == head.npos) {
            const auto more = next();
            if (more.empty()) return false;
            head += more;
            end = head.find("\r\n\r\n");
        }
        const auto length = head.find("Content-Length: ");
        const auto body = std::string_view(head).substr(end + 4);
        auto left = std::strtoull(head.c_str() + length + 16, nullptr, 10) - body.size();
        auto objects = objects_in(body);
        while (left > 0) {
            const auto more = next();
            if (more.empty()) return false;
            objects += objects_in(more);
            left -= more.size();
        }
        ++counted_.requests;
        counted_.events += objects - 1; // All are in one.
        counted_.processor_ns += processor_ns() - used_ns_;
        used_ns_ = processor_ns();
        return true;
    }

  private:
    int connection_;
    Counted& counted_;
    std::vector<char> buffer_;
    std::uint64_t used_ns_ = processor_ns();
};

} // namespace

void serve_http(int connection, Counted& counted) {
    Reader reader(connection, counted);
    while (reader.request()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(counted.latency_ms));
        constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        if (::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
}

void serve_bytes(int connection, Counted& counted) {
    Reader reader(connection, counted);
    while (!reader.next().empty()) {
    }
}

Endpoint::Endpoint(Serve serve, unsigned latency_ms) {
    counted_->latency_ms = latency_ms;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 32) != 0 ||
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

Endpoint::~Endpoint() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

} // namespace cmw::bench
