// SPDX-License-Identifier: Apache-2.0
//
// shared/resolve.hpp - the addresses of a host, in a call that can be cancelled. getaddrinfo(3)
// cannot: it runs in a thread of its own, which is left behind when the call ends first, and ends
// when the resolver gives up.
#pragma once

#include <cmw/host.hpp>

#include <cstdint>
#include <sys/socket.h>
#include <vector>

namespace cmw::shared {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// At least one, in the resolver's order. Throws CMW_AGAIN if there is none or `limit` passes first;
/// names no URL.
std::vector<Address> resolve(const Call& call, const std::string& host, std::uint16_t port,
                             std::chrono::nanoseconds limit);

} // namespace cmw::shared
