// SPDX-License-Identifier: Apache-2.0
//
// syslog/channel.hpp - a way to a receiver. Whatever goes wrong is thrown (cmw::Error, CMW_AGAIN for
// what a network does): there is no second try here. For one thread.
#pragma once

#include "address.hpp"
#include "message.hpp"

#include <chrono>
#include <cmw/host.hpp>
#include <memory>

namespace cmw::syslog {

/// Files in PEM; "": none, or the system's authorities.
struct TlsFiles {
    std::string authorities;
    std::string certificate;
    std::string key; ///< "": it is in `certificate`.
};

struct ChannelSettings {
    Address address;
    std::string shown; ///< The address in an operator's words.
    std::chrono::nanoseconds timeout{};
    TlsFiles tls;
    std::int64_t rate = 0; ///< UDP: messages a second.
};

class Channel {
  public:
    virtual ~Channel() = default;

    /// Comes back when all messages are out of our hands, as far as the transport can tell:
    /// - Unix sockets: the receiver has read them;
    /// - TCP, TLS: the receiver's system has acknowledged them. RFC 6587 has no acknowledgement, so
    ///   what the receiver itself has not read when it dies is lost;
    /// - UDP: they were sent.
    /// The result are the numbers of those that were left out: larger than a datagram can be.
    virtual std::vector<std::size_t> send(const Call& call, const Messages& messages) = 0;
};

std::unique_ptr<Channel> open_channel(const Call& call, const ChannelSettings& settings);

/// TLS 1.2 or later, the receiver's certificate and name verified (RFC 5425).
std::unique_ptr<Channel> open_tls_channel(const Call& call, const ChannelSettings& settings);

/// Throws CMW_CONFIG for files that cannot be used.
void check_tls_files(const TlsFiles& files);

} // namespace cmw::syslog
