// SPDX-License-Identifier: Apache-2.0
#include "supervisor/health_check.hpp"

#include "base/system.hpp"
#include "base/text.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <cerrno>
#include <netdb.h>
#include <poll.h>
#include <sys/wait.h>

namespace cmw::supervisor {

namespace {

using base::fail;
using base::Result;

constexpr const char* path_variable =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Until when a check may take, and what breaks it off.
struct Limit {
    base::Monotonic end;
    base::Nanoseconds whole;
    int cancel_fd;

    /// Waits for `events` on `fd`.
    Result<> wait(int fd, short events, const std::string& where) const {
        while (true) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end - base::monotonic_now());
            if (left.count() <= 0)
                return fail(where, "cannot get an answer within " + base::format_duration(whole));
            std::array<pollfd, 2> descriptors{{{fd, events, 0}, {cancel_fd, POLLIN, 0}}};
            const auto wait_ms = std::min<std::int64_t>(left.count(), 60'000);
            const int ready =
                ::poll(descriptors.data(), descriptors.size(), static_cast<int>(wait_ms));
            if (ready < 0 && errno != EINTR)
                return fail(base::system_problem(where, "wait for an answer", errno));
            if (ready <= 0) continue;
            if (descriptors[1].revents != 0) return fail(where, "cannot go on: cancelled");
            return {};
        }
    }
};

Result<> check_program(const std::vector<std::string>& command, const Limit& limit) {
    const auto& where = command.front();
    const auto spawned = base::sys::spawn(command, {path_variable});
    if (!spawned) return fail(base::system_problem(where, "run the health check", spawned.error()));
    const auto ended = limit.wait(spawned->pidfd.get(), POLLIN, where);
    const auto status = base::sys::kill_and_reap(*spawned);
    if (!ended) return ended;
    if (!status) return fail(base::system_problem(where, "learn how it ended", status.error()));
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return {};
    return fail(where,
                WIFEXITED(*status)
                    ? fmt::format("cannot be healthy: exit status {}", WEXITSTATUS(*status))
                    : fmt::format("cannot be healthy: killed by signal {}", WTERMSIG(*status)));
}

Result<base::UniqueFd> connect_to(const addrinfo& address, const Limit& limit,
                                  const std::string& where) {
    auto socket = base::sys::connect(address.ai_addr, address.ai_addrlen);
    if (!socket) return fail(base::system_problem(where, "connect", socket.error()));
    if (const auto ready = limit.wait(socket->get(), POLLOUT, where); !ready)
        return fail(ready.error());
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket->get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return fail(base::system_problem(where, "connect", error));
    return std::move(*socket);
}

/// The first address that accepts. A name is resolved by the C library, in its own time.
Result<base::UniqueFd> connect_to(const std::string& host, const std::string& port,
                                  const Limit& limit, const std::string& where) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
        return fail(where, fmt::format("cannot resolve {}: {}", host, ::gai_strerror(error)));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
    Result<base::UniqueFd> last = fail(where, "cannot resolve " + host + ": it has no address");
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        last = connect_to(*address, limit, where);
        if (last) break;
    }
    return last;
}

Result<> check_port(const std::string& address, const Limit& limit) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return fail(address, "cannot connect: it has no port");
    auto host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return connect_to(host, address.substr(colon + 1), limit, address).map([](auto&&) {});
}

/// "HTTP/1.1 200" and so on: the status, or 0.
int status_of(std::string_view answer) {
    if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || answer[8] != ' ') return 0;
    int status = 0;
    for (const char digit : answer.substr(9, 3)) {
        if (digit < '0' || digit > '9') return 0;
        status = status * 10 + (digit - '0');
    }
    return status;
}

/// The first bytes of the answer: its status is all that matters.
Result<std::string> ask(int socket, std::string_view request, const Limit& limit,
                        const std::string& where) {
    const auto sent = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) // An empty send buffer takes it whole.
        return fail(base::system_problem(where, "send the request", sent < 0 ? errno : EMSGSIZE));
    std::string answer;
    std::array<std::byte, 64> buffer{};
    while (answer.size() < 12) {
        if (const auto ready = limit.wait(socket, POLLIN, where); !ready)
            return fail(ready.error());
        const auto got = base::sys::read(socket, buffer);
        if (!got) return fail(base::system_problem(where, "read the answer", got.error()));
        if (*got == 0) break;
        answer.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    return answer;
}

Result<> check_url(const std::string& url, const Limit& limit) {
    Poco::URI uri;
    try {
        uri = url;
    } catch (const Poco::Exception& e) {
        return fail(url, "cannot read the URL: " + e.displayText());
    }
    if (uri.getScheme() != "http")
        return fail(url, "cannot check it: only http:// is known",
                    "use an exec check with a program that speaks it");
    const auto socket = connect_to(uri.getHost(), std::to_string(uri.getPort()), limit, url);
    if (!socket) return fail(socket.error());
    const auto path = uri.getPathAndQuery();
    const auto request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: cmix-wrapper\r\nConnection: close\r\n\r\n",
        path.empty() ? "/" : path, uri.getAuthority());
    const auto answer = ask(socket->get(), request, limit, url);
    if (!answer) return fail(answer.error());
    const int status = status_of(*answer);
    if (status >= 200 && status < 300) return {};
    return fail(url, status == 0 ? std::string("cannot be healthy: its answer is not HTTP")
                                 : fmt::format("cannot be healthy: it answers {}", status));
}

} // namespace

Result<> check_health(const config::HealthSettings& settings, const base::Cancel& cancel) {
    const Limit limit{base::monotonic_now() + settings.timeout, settings.timeout, cancel.fd()};
    if (!settings.exec.empty()) return check_program(settings.exec, limit);
    if (!settings.tcp.empty()) return check_port(settings.tcp, limit);
    return check_url(settings.http, limit);
}

} // namespace cmw::supervisor
