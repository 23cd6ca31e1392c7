// SPDX-License-Identifier: Apache-2.0
#include "fakes/receiver.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace cmw::test {

namespace {

std::string content_of(int fd) {
    std::string all;
    std::array<char, 64 * 1024> buffer{};
    off_t at = 0;
    for (ssize_t got = 0; (got = ::pread(fd, buffer.data(), buffer.size(), at)) > 0; at += got)
        all.append(buffer.data(), static_cast<std::size_t>(got));
    return all;
}

} // namespace

struct Receiver::State {
    Kind kind;
    Manners manners;
    int socket = -1;
    int stop = ::eventfd(0, EFD_CLOEXEC);
    unsigned port = 0;
    mutable std::mutex mutex;
    std::vector<std::string> datagrams;
    std::vector<std::string> connections;
    std::vector<Passed> passed;
    std::thread thread;
    std::vector<std::thread> readers;

    bool is_stream() const { return kind == Kind::unix_stream || kind == Kind::tcp; }

    /// Whether `fd` is readable before the end.
    bool wait(int fd) const {
        pollfd both[] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
        ::poll(both, 2, -1);
        return both[1].revents == 0;
    }

    void open(const std::string& path) {
        const bool local = kind == Kind::unix_datagram || kind == Kind::unix_stream;
        socket = ::socket(local ? AF_UNIX : AF_INET,
                          (is_stream() ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
        sockaddr_un named{};
        named.sun_family = AF_UNIX;
        path.copy(named.sun_path, sizeof named.sun_path - 1);
        sockaddr_in loopback{};
        loopback.sin_family = AF_INET;
        loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* address =
            local ? reinterpret_cast<sockaddr*>(&named) : reinterpret_cast<sockaddr*>(&loopback);
        socklen_t size = local ? sizeof named : sizeof loopback;
        if (local) ::unlink(path.c_str());
        const int room = 16 * 1024 * 1024; // As much as the system grants.
        if (manners.reads) ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        if (::bind(socket, address, size) != 0 || (is_stream() && ::listen(socket, 16) != 0))
            throw std::runtime_error("cannot make a socket to receive from");
        if (local) return;
        ::getsockname(socket, address, &size);
        port = ntohs(loopback.sin_port);
    }

    void take_datagrams() {
        std::vector<char> buffer(1024 * 1024);
        while (wait(socket)) {
            iovec part{buffer.data(), buffer.size()};
            alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
            msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const auto got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
            if (got < 0) continue;
            const std::lock_guard lock(mutex);
            datagrams.emplace_back(buffer.data(), static_cast<std::size_t>(got));
            for (auto* one = CMSG_FIRSTHDR(&message); one != nullptr;
                 one = CMSG_NXTHDR(&message, one)) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(one), sizeof fd);
                passed.push_back({content_of(fd), ::fcntl(fd, F_GET_SEALS)});
                ::close(fd);
            }
        }
    }

    void take_connections() {
        while (wait(socket)) {
            const int fd = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            std::size_t number = 0;
            {
                const std::lock_guard lock(mutex);
                number = connections.size();
                connections.emplace_back();
            }
            readers.emplace_back([this, fd, number] { read(fd, number); });
        }
        for (auto& reader : readers) reader.join();
    }

    void read(int fd, std::size_t number) {
        std::array<char, 16 * 1024> buffer{};
        std::size_t sum = 0;
        while (sum < manners.close_after && wait(manners.reads ? fd : stop)) {
            const auto got =
                ::read(fd, buffer.data(), std::min(buffer.size(), manners.close_after - sum));
            if (got <= 0) break;
            sum += static_cast<std::size_t>(got);
            const std::lock_guard lock(mutex);
            connections[number].append(buffer.data(), static_cast<std::size_t>(got));
        }
        ::close(fd);
    }
};

Receiver::Receiver(Kind kind, const std::string& path) : Receiver(kind, path, Manners{}) {}

Receiver::Receiver(Kind kind, const std::string& path, Manners manners)
    : state_(std::make_unique<State>()) {
    state_->kind = kind;
    state_->manners = manners;
    state_->open(path);
    state_->thread = std::thread([state = state_.get()] {
        if (state->is_stream())
            state->take_connections();
        else if (state->manners.reads)
            state->take_datagrams();
    });
}

Receiver::~Receiver() {
    ::eventfd_write(state_->stop, 1);
    state_->thread.join();
    ::close(state_->socket);
    ::close(state_->stop);
}

unsigned Receiver::port() const {
    return state_->port;
}

std::vector<std::string> Receiver::datagrams() const {
    const std::lock_guard lock(state_->mutex);
    return state_->datagrams;
}

std::vector<std::string> Receiver::connections() const {
    const std::lock_guard lock(state_->mutex);
    return state_->connections;
}

std::vector<Receiver::Passed> Receiver::passed() const {
    const std::lock_guard lock(state_->mutex);
    return state_->passed;
}

} // namespace cmw::test
