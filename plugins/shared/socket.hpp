// SPDX-License-Identifier: Apache-2.0
//
// shared/socket.hpp - sockets that send to somebody who does not answer: connected, sent through,
// and watched for what the other end has taken. All are non-blocking and close-on-exec; every wait
// ends when the call does.
//
// Failures are cmw::Error with CMW_AGAIN, for what a network or another process does, or
// std::system_error; their texts name `peer`, which is how an operator knows the other end.
#pragma once

#include "shared/unique_fd.hpp"

#include <chrono>
#include <cmw/host.hpp>
#include <cstdint>
#include <string>

namespace cmw::shared {

/// `type`: SOCK_DGRAM or SOCK_STREAM.
UniqueFd connect_unix(const Call& call, const std::string& path, int type,
                      std::chrono::nanoseconds timeout);

/// The first address of the host that takes us, within `timeout` each.
UniqueFd connect_inet(const Call& call, const std::string& host, std::uint16_t port, int type,
                      std::chrono::nanoseconds timeout);

/// How long the other end may do nothing, and what it is called.
struct Patience {
    std::chrono::nanoseconds timeout;
    std::string peer; ///< "tcp://127.0.0.1:601"
};

/// Waits until there is room to send.
void wait_for_room(const Call& call, int fd, const Patience& patience);

/// One datagram. Waits where there is no room. False: it is larger than a datagram can be here.
bool send_datagram(const Call& call, int fd, std::string_view bytes, const Patience& patience);

/// All of it into a stream.
void send_stream(const Call& call, int fd, std::string_view bytes, const Patience& patience);

/// Throws if the other end of a stream has closed it; reads what it says, and throws that away.
void check_open(int fd, const Patience& patience);

/// Waits until the other end has taken all that was sent: its system has acknowledged it (TCP), or
/// it has read it (Unix sockets). SIOCOUTQ, see tcp(7).
void wait_until_taken(const Call& call, int fd, const Patience& patience);

/// Closes a stream so that what was sent still arrives: a close with something unread resets it.
void close_gently(int fd) noexcept;

} // namespace cmw::shared
