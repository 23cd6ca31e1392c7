// SPDX-License-Identifier: Apache-2.0
//
// shared/http_connect.hpp - the way to a web server: its addresses, the proxy before it, TLS.
// Private to http_exchange.cpp, apart from it for its length.
#pragma once

#include "shared/http_exchange.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>

namespace cmw::shared {

/// Connects to the first address of host and port that takes us, within settings.timeout each.
/// Throws cmw::Error, or Poco::Exception with what the system said.
Poco::Net::StreamSocket connect_to(const Call& call, const std::string& host, std::uint16_t port,
                                   std::chrono::nanoseconds timeout);

/// Connects to a Unix socket. Throws cmw::Error: CMW_DENIED if we may not, CMW_NOT_FOUND if there is
/// none, CMW_AGAIN if nobody takes us.
Poco::Net::StreamSocket connect_to_unix(const std::string& path);

/// Asks the proxy at the other end of `socket` for a tunnel to `uri` (RFC 9110, 9.3.6).
void open_tunnel(Poco::Net::StreamSocket& socket, const Poco::URI& uri, const Poco::URI& proxy);

/// What TLS is spoken with. It reads the authorities, which takes some milliseconds.
Poco::Net::Context::Ptr make_context(const HttpSettings& settings);

/// Puts TLS on `socket`, with the server's certificate and name verified.
Poco::Net::StreamSocket start_tls(const Poco::Net::StreamSocket& socket, const std::string& host,
                                  const Poco::Net::Context::Ptr& context);

/// Whether it failed for the server's certificate.
bool is_about_certificate(const Poco::Net::SSLException& failure);

/// Whether it is an alert of the server about the certificate that we showed, or did not.
bool is_about_ours(const Poco::Net::SSLException& failure);

/// "Basic ..." of the user and password in a URI; "" if there are none.
std::string basic_authorization(const Poco::URI& uri);

/// "host" or "host:port", as the header Host has it.
std::string host_and_port(const Poco::URI& uri);

} // namespace cmw::shared
