// SPDX-License-Identifier: Apache-2.0
#include "shared/socket.hpp"

#include "shared/resolve.hpp"

#include <array>
#include <cerrno>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/un.h>

namespace cmw::shared {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& verb, const std::string& peer, int error) {
    throw Error(CMW_AGAIN,
                "cannot " + verb + " " + peer + ": " + std::generic_category().message(error));
}

UniqueFd make_socket(int family, int type) {
    UniqueFd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw std::system_error(errno, std::generic_category(), "cannot make a socket");
    return fd;
}

/// 0, or an errno.
int connect_one(const Call& call, int fd, const sockaddr* address, socklen_t size,
                Clock::time_point until) {
    while (::connect(fd, address, size) != 0) {
        if (errno == EAGAIN) { // A Unix socket's queue is full: there is no event for its end.
            if (Clock::now() >= until) return ETIMEDOUT;
            call.sleep(10ms);
            continue;
        }
        if (errno != EINPROGRESS && errno != EINTR) return errno;
        if (!call.wait(fd, POLLOUT, until)) return ETIMEDOUT;
        int error = 0;
        socklen_t length = sizeof error;
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        return error;
    }
    return 0;
}

} // namespace

void wait_for_room(const Call& call, int fd, const Patience& patience) {
    if (!call.wait(fd, POLLOUT, Clock::now() + patience.timeout))
        throw Error(CMW_AGAIN, "cannot send to " + patience.peer + ": it takes nothing any more");
}

UniqueFd connect_unix(const Call& call, const std::string& path, int type,
                      std::chrono::nanoseconds timeout) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Error(CMW_CONFIG, "cannot connect to " + path +
                                    ": the path of a socket has at most " +
                                    std::to_string(sizeof address.sun_path - 1) + " bytes");
    path.copy(address.sun_path, path.size());
    auto fd = make_socket(AF_UNIX, type);
    const int error = connect_one(call, fd.get(), reinterpret_cast<const sockaddr*>(&address),
                                  sizeof address, Clock::now() + timeout);
    if (error != 0) fail("connect to", path, error);
    return fd;
}

UniqueFd connect_inet(const Call& call, const std::string& host, std::uint16_t port, int type,
                      std::chrono::nanoseconds timeout) {
    int error = 0;
    for (const auto& address : resolve(call, host, port, timeout)) {
        auto fd = make_socket(address.storage.ss_family, type);
        error = connect_one(call, fd.get(), address.get(), address.size, Clock::now() + timeout);
        if (error == 0) return fd;
    }
    fail("connect to", host + ":" + std::to_string(port), error);
}

bool send_datagram(const Call& call, int fd, std::string_view bytes, const Patience& patience) {
    while (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
        if (errno == EAGAIN)
            wait_for_room(call, fd, patience);
        else if (errno == EMSGSIZE)
            return false;
        else if (errno == ENOBUFS) // Of a network device: there is no event for its end.
            call.sleep(5ms);
        else if (errno != EINTR)
            fail("send to", patience.peer, errno);
        call.check();
    }
    return true;
}

void send_stream(const Call& call, int fd, std::string_view bytes, const Patience& patience) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
            wait_for_room(call, fd, patience);
        else if (errno != EINTR)
            fail("send to", patience.peer, errno);
        call.check();
    }
}

void check_open(int fd, const Patience& patience) {
    std::array<char, 4096> said{};
    while (true) {
        const auto got = ::recv(fd, said.data(), said.size(), MSG_DONTWAIT);
        if (got == 0)
            throw Error(CMW_AGAIN,
                        "cannot send to " + patience.peer + ": it closed the connection");
        if (got < 0 && errno == EAGAIN) return;
        if (got < 0 && errno != EINTR) fail("send to", patience.peer, errno);
    }
}

void wait_until_taken(const Call& call, int fd, const Patience& patience) {
    // No event says that a queue has run empty: it is asked, less and less often.
    auto pause = 200us;
    int before = 0;
    auto until = Clock::now() + patience.timeout;
    while (true) {
        int queued = 0;
        if (::ioctl(fd, SIOCOUTQ, &queued) != 0)
            throw std::system_error(errno, std::generic_category(),
                                    "cannot ask what " + patience.peer + " has taken");
        if (queued == 0) return;
        if (queued != before) until = Clock::now() + patience.timeout;
        before = queued;
        if (Clock::now() >= until)
            throw Error(CMW_AGAIN,
                        "cannot send to " + patience.peer + ": it takes nothing any more");
        timespec nap{0, std::chrono::nanoseconds(pause).count()};
        pollfd ends[]{{fd, 0, 0}, {call.cancel_fd(), POLLIN, 0}};
        ::ppoll(ends, 2, &nap, nullptr);
        call.check();
        if ((ends[0].revents & (POLLERR | POLLHUP)) != 0) {
            int error = 0;
            socklen_t length = sizeof error;
            ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
            fail("send to", patience.peer, error != 0 ? error : EPIPE);
        }
        pause = std::min(pause * 2, std::chrono::microseconds(20ms));
    }
}

void close_gently(int fd) noexcept {
    ::shutdown(fd, SHUT_WR);
    std::array<char, 4096> said{};
    while (::recv(fd, said.data(), said.size(), MSG_DONTWAIT) > 0) {
    }
}

} // namespace cmw::shared
