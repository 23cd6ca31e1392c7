// SPDX-License-Identifier: Apache-2.0
//
// shared/http_connection.hpp - what HttpConnection keeps from one exchange to the next. Private to
// http_exchange.cpp, apart from it for its length.
#pragma once

#include "shared/http_exchange.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/NetException.h>
#include <optional>

namespace cmw::shared {

/// Poco's session, which by itself would connect anew, past the proxy and to a server that it was
/// never told, when a connection that is kept breaks.
class Session final : public Poco::Net::HTTPClientSession {
  public:
    using Poco::Net::HTTPClientSession::HTTPClientSession;

  private:
    int write(const char* bytes, std::streamsize size) override {
        // NOLINTNEXTLINE(bugprone-parent-virtual-call): that of the parent is what connects anew.
        return Poco::Net::HTTPSession::write(bytes, size);
    }
    void connect(const Poco::Net::SocketAddress&) override {
        throw Poco::Net::ConnectionResetException("the connection is closed");
    }
};

struct HttpConnection::Kept {
    std::unique_ptr<Session> session;
    std::optional<Poco::Net::StreamSocket> socket;
    std::chrono::steady_clock::time_point since; ///< The last answer was read.
};

struct HttpConnection::Tls {
    Poco::Net::Context::Ptr context;
};

} // namespace cmw::shared
