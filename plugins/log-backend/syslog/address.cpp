// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <array>
#include <charconv>
#include <cmw/error.hpp>

namespace cmw::syslog {

namespace {

[[noreturn]] void wrong(const std::string& text, const std::string& why) {
    throw Error(CMW_CONFIG, "cannot use the address \"" + text + "\": " + why);
}

struct Scheme {
    std::string_view begin;
    Address::Transport transport;
    std::uint16_t port; ///< 0: a path follows.
};
constexpr std::array<Scheme, 5> schemes{{
    {"unix:", Address::Transport::unix_datagram, 0},
    {"unix-stream:", Address::Transport::unix_stream, 0},
    {"udp://", Address::Transport::udp, 514},
    {"tcp://", Address::Transport::tcp, 601},
    {"tls://", Address::Transport::tls, 6514},
}};

std::uint16_t parse_port(const std::string& text, std::string_view digits) {
    std::uint16_t port = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stop != end || port == 0)
        wrong(text, "the port is not a number from 1 to 65535");
    return port;
}

Address parse_host(const std::string& text, const Scheme& scheme) {
    Address address{scheme.transport, "", "", scheme.port};
    auto rest = std::string_view(text).substr(scheme.begin.size());
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == rest.npos) wrong(text, "the bracket of the IPv6 address is not closed");
        address.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        if (!rest.empty() && rest.front() != ':') wrong(text, "after ] only a port may stand");
    } else {
        const auto colon = rest.find(':');
        address.host = rest.substr(0, colon);
        rest = colon == rest.npos ? std::string_view{} : rest.substr(colon);
        if (rest.find(':', 1) != rest.npos) wrong(text, "put an IPv6 address into brackets");
    }
    if (address.host.empty()) wrong(text, "it names no host");
    if (address.host.find_first_of("/@?# \t\n") != std::string::npos)
        wrong(text, "after the host only a port may stand");
    if (!rest.empty()) address.port = parse_port(text, rest.substr(1));
    return address;
}

} // namespace

Address parse_address(const std::string& text) {
    for (const auto& scheme : schemes) {
        if (!text.starts_with(scheme.begin)) continue;
        if (scheme.port != 0) return parse_host(text, scheme);
        const auto path = text.substr(scheme.begin.size());
        if (!path.starts_with('/')) wrong(text, "the path of a socket begins with /");
        return {scheme.transport, path, "", 0};
    }
    wrong(text, "it must begin with unix:, unix-stream:, udp://, tcp:// or tls://");
}

} // namespace cmw::syslog
