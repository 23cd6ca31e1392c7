// SPDX-License-Identifier: Apache-2.0
#include "log-backend/syslog/address.hpp"

#include <cmw/error.hpp>
#include <doctest/doctest.h>

using namespace cmw::syslog;
using Transport = Address::Transport;

TEST_CASE("an address says how and where") {
    struct Row {
        const char* text;
        Transport transport;
        const char* path;
        const char* host;
        unsigned port;
    };
    for (const auto& row :
         {Row{"unix:/dev/log", Transport::unix_datagram, "/dev/log", "", 0},
          Row{"unix-stream:/run/x", Transport::unix_stream, "/run/x", "", 0},
          Row{"udp://logs", Transport::udp, "", "logs", 514},
          Row{"tcp://logs.example.org:1514", Transport::tcp, "", "logs.example.org", 1514},
          Row{"tcp://127.0.0.1", Transport::tcp, "", "127.0.0.1", 601},
          Row{"tls://[2001:db8::1]", Transport::tls, "", "2001:db8::1", 6514},
          Row{"udp://[::1]:5140", Transport::udp, "", "::1", 5140}}) {
        CAPTURE(row.text);
        const auto address = parse_address(row.text);
        CHECK(address.transport == row.transport);
        CHECK(address.path == row.path);
        CHECK(address.host == row.host);
        CHECK(address.port == row.port);
    }
}

TEST_CASE("an address that cannot be used is refused in words") {
    for (const auto* text :
         {"", "localhost", "http://x", "unix:", "unix:dev/log", "udp://", "udp://:514",
          "tcp://x:", "tcp://x:0", "tcp://x:65536", "tcp://x:1a", "tcp://::1:514", "tls://[::1",
          "tls://[::1]x", "tls://x/path", "tcp://user@x"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(parse_address(text), doctest::Contains("cannot use the address"),
                             cmw::Error);
    }
}
