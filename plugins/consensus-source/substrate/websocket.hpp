// SPDX-License-Identifier: Apache-2.0
//
// substrate/websocket.hpp - a WebSocket client (RFC 6455) for texts, over Poco.
#pragma once

#include "consensus-source/substrate/endpoint.hpp"

#include <cmw/host.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace cmw::substrate {

/// One connection, for one thread at a time. What goes wrong with it throws
/// cmw::Error(CMW_AGAIN), and a cancelled call cmw::Error(CMW_CANCELLED).
class WebSocket {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Connects, to each address of the host's name in turn. wss:// verifies the peer by the
    /// system's authorities. `pace`: within this time a message that began must be over.
    WebSocket(const Call& call, Endpoint endpoint, std::chrono::nanoseconds timeout,
              std::chrono::nanoseconds pace);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    void send(const Call& call, const std::string& text);

    /// The next text; nothing if none began until `until`. Answers pings meanwhile.
    std::optional<std::string> receive(const Call& call, Time until);

    /// False once a call was left in the midst of a message: only a new connection helps then.
    bool usable() const noexcept;

    int fd() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cmw::substrate
