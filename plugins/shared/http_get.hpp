// SPDX-License-Identifier: Apache-2.0
//
// shared/http_get.hpp - one GET over HTTP or HTTPS, read as it comes. Certificates and host names
// are verified, TLS is 1.2 or later. Every step ends soon after the call is cancelled, except the
// resolution of the host's name, which ends when the resolver gives up. For one thread.
//
// Failures are thrown as cmw::Error: CMW_AGAIN for what a network does, CMW_DENIED for a
// certificate that is not valid, CMW_CANCELLED. They name the URL without what may be secret.
#pragma once

#include <cmw/host.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>

namespace cmw::shared {

struct HttpSettings {
    std::chrono::nanoseconds timeout = std::chrono::seconds(30); ///< To connect; without a byte.
    std::string ca_file; ///< Trusted instead of the system's authorities; "": these.
    std::string user_agent;
};

/// Without user, password, query and fragment.
std::string shown_url(const std::string& url);

class HttpGet {
  public:
    using Headers = std::map<std::string, std::string>;

    /// Connects, asks, and reads the head of the answer. `url` must be absolute, its scheme http or
    /// https; its user and password become Basic authentication.
    HttpGet(const Call& call, const std::string& url, const Headers& headers,
            const HttpSettings& settings);
    ~HttpGet();
    HttpGet(const HttpGet&) = delete;
    HttpGet& operator=(const HttpGet&) = delete;

    int status() const;
    std::string reason() const;
    std::string header(const std::string& name) const; ///< "" if there is none.

    /// The next bytes of the body, valid until the next call; none at its end, which is also where
    /// the other side closed the connection.
    std::span<const std::byte> read();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace cmw::shared
