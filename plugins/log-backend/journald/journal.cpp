// SPDX-License-Identifier: Apache-2.0
#include "journal.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace cmw::journald {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Sealed: the journal reads it only if nobody can change it any more.
shared::UniqueFd memory_file(std::string_view content) {
    shared::UniqueFd file(::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) fail("cannot make a file in memory");
    while (!content.empty()) {
        const auto written = ::write(file.get(), content.data(), content.size());
        if (written < 0 && errno != EINTR) fail("cannot write a file in memory");
        if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
    constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) fail("cannot seal a file in memory");
    return file;
}

/// False: there is no room now.
bool pass(int socket, int file, const std::string& peer) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    // ETOOMANYREFS: the journal has too many of our files before it.
    if (errno == EAGAIN || errno == EINTR || errno == ETOOMANYREFS) return false;
    throw Error(CMW_AGAIN,
                "cannot send to " + peer + ": " + std::generic_category().message(errno));
}

} // namespace

Journal::Journal(const Call& call, std::string path, std::chrono::nanoseconds timeout)
    : path_(std::move(path)),
      patience_{timeout, path_},
      fd_(shared::connect_unix(call, path_, SOCK_DGRAM, timeout)) {
    const int room = 8 * 1024 * 1024; // As libsystemd asks for; the system grants less.
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

void Journal::send(const Call& call, std::string_view entry) {
    while (::send(fd_.get(), entry.data(), entry.size(), MSG_NOSIGNAL) < 0) {
        if (errno == EMSGSIZE || errno == ENOBUFS) return send_as_file(call, entry);
        if (errno != EAGAIN && errno != EINTR)
            throw Error(CMW_AGAIN,
                        "cannot send to " + path_ + ": " + std::generic_category().message(errno));
        shared::wait_for_room(call, fd_.get(), patience_);
    }
}

void Journal::send_as_file(const Call& call, std::string_view entry) {
    const auto file = memory_file(entry);
    while (!pass(fd_.get(), file.get(), path_)) {
        shared::wait_for_room(call, fd_.get(), patience_);
        call.sleep(1ms);
    }
}

void Journal::wait_until_read(const Call& call) {
    shared::wait_until_taken(call, fd_.get(), patience_);
    // The queue of one that died is empty, too.
    (void)shared::connect_unix(call, path_, SOCK_DGRAM, patience_.timeout);
}

} // namespace cmw::journald
