// SPDX-License-Identifier: Apache-2.0
//
// syslog/address.hpp - where a syslog receiver is. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace cmw::syslog {

struct Address {
    enum class Transport { unix_datagram, unix_stream, udp, tcp, tls };

    Transport transport = Transport::unix_datagram;
    std::string path;       ///< Of a Unix socket.
    std::string host;       ///< Else; IPv6 without brackets.
    std::uint16_t port = 0; ///< Likewise.

    bool local() const {
        return transport == Transport::unix_datagram || transport == Transport::unix_stream;
    }
    bool stream() const {
        return transport != Transport::unix_datagram && transport != Transport::udp;
    }
};

/// "unix:/dev/log", "unix-stream:/PATH", "udp://HOST[:514]", "tcp://HOST[:601]", "tls://HOST[:6514]";
/// the ports are those of RFC 5426, RFC 3195 and RFC 5425. Throws CMW_CONFIG.
Address parse_address(const std::string& text);

} // namespace cmw::syslog
