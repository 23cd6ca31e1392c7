// SPDX-License-Identifier: Apache-2.0
//
// shared/http_proxy.hpp - which proxy leads to a URL. Pure.
//
// The variables are those that curl and wget know: http_proxy, https_proxy, no_proxy, then
// HTTPS_PROXY, NO_PROXY; not HTTP_PROXY, which a CGI program's client can set. As with Go's client
// the environment's proxies are not asked for loopback addresses.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cmw::shared {

/// The value of a variable, "" if it is not set.
using Environment = std::function<std::string(const char* name)>;

/// This process's.
std::string process_environment(const char* name);

/// The URL of the proxy to ask for `url`; "": ask the server itself. `setting`: a URL, "none", or
/// "" for what the environment says.
std::string proxy_for(const std::string& url, const std::string& setting,
                      const Environment& environment);

/// Whether `no_proxy` ("example.org, .example.com, 10.0.0.1, host:8080" or "*") names the host: it,
/// or a domain that it is in.
bool is_excepted(std::string_view no_proxy, std::string_view host, unsigned port);

} // namespace cmw::shared
