// SPDX-License-Identifier: Apache-2.0
#include "shared/http_connection.hpp"

#include "shared/no_sigpipe.hpp"

#include <Poco/Net/StreamSocketImpl.h>
#include <poll.h>

namespace cmw::shared {

HttpConnection::HttpConnection(std::chrono::nanoseconds idle_limit) : idle_limit_(idle_limit) {}

HttpConnection::~HttpConnection() {
    drop();
}

void HttpConnection::drop() {
    const NoSigpipe no_sigpipe; // TLS says good-bye.
    kept_.reset();
}

/// What can be read of an idle connection is its end.
bool HttpConnection::usable() const {
    if (!kept_ || std::chrono::steady_clock::now() - kept_->since >= idle_limit_) return false;
    pollfd ready{kept_->socket->impl()->sockfd(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 0;
}

} // namespace cmw::shared
