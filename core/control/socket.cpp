// SPDX-License-Identifier: Apache-2.0
#include "control/socket.hpp"

#include "base/system.hpp"

#include <cerrno>

namespace cmw::control {

namespace sys = base::sys;
using base::fail;
using base::system_problem;

namespace {

constexpr int backlog = 64;

/// Whether `path` is free to be taken: nothing there, or a socket that nobody listens on.
base::Result<> check_free(const std::string& path) {
    const auto found = sys::lstat(path);
    if (!found && found.error() == ENOENT) return {};
    if (!found) return fail(system_problem(path, "look at the control socket", found.error()));
    if (!S_ISSOCK(found->st_mode))
        return fail(path, "cannot make the control socket: a file that is no socket is there",
                    "move it away or choose another [host] runtime-dir");
    const auto probe = sys::unix_socket();
    if (!probe) return fail(system_problem(path, "make a socket", probe.error()));
    const auto connected = sys::connect_unix(probe->get(), path);
    if (!connected && connected.error() == ECONNREFUSED) return {};
    if (connected || connected.error() == EAGAIN)
        return fail(path, "cannot listen on the control socket: another host does",
                    "stop it, or choose another [host] runtime-dir");
    return fail(system_problem(path, "ask whether another host runs", connected.error()));
}

} // namespace

base::Result<ListeningSocket> ListeningSocket::open(const std::string& path) {
    if (const auto free = check_free(path); !free) return tl::unexpected(free.error());
    auto socket = sys::unix_socket();
    if (!socket) return fail(system_problem(path, "make a socket", socket.error()));
    // Made beside and renamed: whoever finds the file finds a socket that is ready.
    const auto temporary = path + ".new";
    (void)sys::unlink(temporary); // Of a host that was killed just here.
    ListeningSocket listening;
    listening.path_ = path;
    const auto ready = sys::bind_unix(socket->get(), temporary, 0660)
                           .and_then([&] { return sys::chmod(temporary, 0660); })
                           .and_then([&] { return sys::listen(socket->get(), backlog); })
                           .and_then([&] { return sys::lstat(temporary); })
                           .map([&](const auto& made) { listening.inode_ = made.st_ino; })
                           .and_then([&] { return sys::rename(temporary, path); });
    if (!ready) {
        (void)sys::unlink(temporary);
        auto problem = system_problem(path, "make the control socket", ready.error());
        if (ready.error() == ENAMETOOLONG) problem.fix = "choose a shorter [host] runtime-dir";
        return fail(std::move(problem));
    }
    listening.socket_ = std::move(*socket);
    return listening;
}

ListeningSocket::~ListeningSocket() {
    if (!socket_) return;
    const auto found = sys::lstat(path_);
    if (found && S_ISSOCK(found->st_mode) && found->st_ino == inode_) (void)sys::unlink(path_);
}

} // namespace cmw::control
