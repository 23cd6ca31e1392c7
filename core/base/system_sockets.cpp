// SPDX-License-Identifier: Apache-2.0
#include "base/system_attempt.hpp"

#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace cmw::base::sys {

Outcome<UniqueFd> unix_socket() {
    return attempt_fd(Call::socket, {}, [] {
        return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    });
}

namespace {

Outcome<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return tl::unexpected(ENAMETOOLONG);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

} // namespace

Outcome<> bind_unix(int fd, const std::string& path, mode_t mode) {
    const auto address = unix_address(path);
    if (!address) return tl::unexpected(address.error());
    // Linux gives the file the mode of the socket's own inode: it never is wider than this.
    if (const auto narrowed = fchmod(fd, mode); !narrowed) return narrowed;
    return attempt_void(Call::socket, path, [&] {
        return ::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    });
}

Outcome<> connect_unix(int fd, const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return tl::unexpected(address.error());
    return attempt_void(Call::connect, path, [&] {
        return ::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    });
}

Outcome<> listen(int fd, int backlog) {
    return attempt_void(Call::socket, {}, [&] { return ::listen(fd, backlog); });
}

Outcome<UniqueFd> accept(int fd) {
    return attempt_fd(Call::accept, {}, [&] {
        return ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    });
}

Outcome<std::size_t> send(int fd, std::span<const std::byte> bytes) {
    return attempt(
               Call::write, {},
               [&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT); })
        .map([](ssize_t sent) { return static_cast<std::size_t>(sent); });
}

Outcome<> send_datagram(const std::string& socket, std::string_view text) {
    auto address = unix_address(socket);
    if (!address) return tl::unexpected(address.error());
    if (address->sun_path[0] == '@') address->sun_path[0] = '\0';
    const auto fd = attempt_fd(Call::socket, {}, [] {
        return ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    });
    if (!fd) return tl::unexpected(fd.error());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
    return attempt_void(Call::write, socket, [&] {
        return ::sendto(fd->get(), text.data(), text.size(), MSG_NOSIGNAL,
                        reinterpret_cast<const sockaddr*>(&*address), size);
    });
}

Outcome<uid_t> peer_user(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return attempt(Call::socket, {},
                   [&] { return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size); })
        .map([&](int) { return peer.uid; });
}

Outcome<UniqueFd> connect(const sockaddr* address, socklen_t size) {
    auto made = attempt(Call::socket, {}, [&] {
        return ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    });
    if (!made) return tl::unexpected(made.error());
    UniqueFd socket(*made);
    const auto connected =
        attempt_void(Call::connect, {}, [&] { return ::connect(socket.get(), address, size); });
    if (!connected && connected.error() != EINPROGRESS) return tl::unexpected(connected.error());
    return socket;
}

} // namespace cmw::base::sys
