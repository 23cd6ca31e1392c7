// SPDX-License-Identifier: Apache-2.0
//
// shared/http_exchange.hpp - one request over HTTP or HTTPS and its answer, read as it comes.
// Certificates and host names are verified, TLS is 1.2 or later. Goes through a proxy where the
// settings or the environment name one. Every step ends soon after the call is cancelled. Follows
// no redirect: who asks knows what may go to another server. For one thread.
//
// Failures are thrown as cmw::Error: CMW_AGAIN for what a network does, CMW_DENIED for a
// certificate that is not valid, CMW_CANCELLED. They name the URL without what may be secret.
#pragma once

#include "shared/http_body.hpp"
#include "shared/http_settings.hpp"
#include "shared/http_url.hpp"

#include <cmw/host.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>

namespace cmw::shared {

struct HttpRequest {
    using Headers = std::map<std::string, std::string>;

    std::string url; ///< Absolute, http or https; user and password become Basic authentication.
    Headers headers; ///< Beside Host, User-Agent and Content-Length; these, too, can be set.
    std::string method = "GET";
    HttpBody body;
    std::string target; ///< Sent as it is instead of the URL's path and query; "": these.
};

/// A connection that outlasts an exchange, and what TLS is spoken with, which is made once: the next one with the same server goes over it, if its
/// answer was read to the end and the server keeps it, too. Nothing closes it while it is idle, but
/// one that was idle for longer than the limit, or that the server closed, is not used again. For
/// one thread at a time.
class HttpConnection {
  public:
    explicit HttpConnection(std::chrono::nanoseconds idle_limit);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

  private:
    friend class HttpExchange;
    struct Kept;
    struct Tls;
    void drop();
    bool usable() const;

    std::chrono::nanoseconds idle_limit_;
    std::unique_ptr<Kept> kept_; ///< Null: there is none.
    std::unique_ptr<Tls> tls_;   ///< Null: not yet.
};

class HttpExchange {
  public:
    /// Connects, asks, and reads the head of the answer. With a `connection` it goes over that, as
    /// long as it is there, and leaves it behind; it must be the same server and settings each time.
    HttpExchange(const Call& call, const HttpRequest& request, const HttpSettings& settings,
                 HttpConnection* connection = nullptr);
    ~HttpExchange();
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    int status() const;
    std::string reason() const;
    std::string header(const std::string& name) const; ///< "" if there is none.

    /// The next bytes of the body, valid until the next call; none at its end, which is also where
    /// the other side closed the connection.
    std::span<const std::byte> read();

    /// The rest of the body, as far as `limit` bytes.
    std::string read_all(std::size_t limit);

    /// From now on give up when no byte came for this long.
    void limit_silence(std::chrono::nanoseconds timeout);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace cmw::shared
