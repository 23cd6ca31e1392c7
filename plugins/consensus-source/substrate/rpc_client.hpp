// SPDX-License-Identifier: Apache-2.0
//
// substrate/rpc_client.hpp - JSON-RPC over one WebSocket: requests are sent without waiting for
// each other, and answers are taken in any order, alone or in batches.
#pragma once

#include "consensus-source/substrate/websocket.hpp"
#include "shared/json_rpc.hpp"

#include <map>

namespace cmw::substrate {

class RpcClient {
  public:
    using Time = WebSocket::Time;
    using Message = shared::json_rpc::Message;

    /// `connect_timeout` until the connection stands, `request_timeout` for each answer.
    RpcClient(const Call& call, const Endpoint& endpoint, std::chrono::nanoseconds connect_timeout,
              std::chrono::nanoseconds request_timeout);

    /// Send a request; what it gets is the key to its answer.
    std::uint64_t ask(const Call& call, const std::string& method,
                      const std::vector<Poco::Dynamic::Var>& params = {});

    /// The answer to a request, be it an error. Throws cmw::Error(CMW_AGAIN) if there is none in
    /// time.
    Message answer(const Call& call, std::uint64_t request);

    /// The result of a request. An error of the peer throws cmw::Error(CMW_AGAIN) with its words.
    Poco::Dynamic::Var result(const Call& call, std::uint64_t request);

    /// What a subscription brought last and was not taken yet; nothing if nothing came until
    /// `until`. Of several the last one counts: each says all.
    std::optional<Poco::Dynamic::Var> notification(const Call& call,
                                                   const std::string& subscription, Time until);

    bool usable() const noexcept { return socket_.usable(); }
    const Endpoint& endpoint() const noexcept { return endpoint_; }
    /// To poll for what comes, once notification() has taken all that was there.
    int fd() const noexcept { return socket_.fd(); }

  private:
    /// Take what came next; false if nothing did.
    bool receive(const Call& call, Time until);

    Endpoint endpoint_;
    std::chrono::nanoseconds request_timeout_;
    WebSocket socket_;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, std::string> asked_; ///< Method by id, until its answer is there.
    std::map<std::uint64_t, Message> answers_;
    std::map<std::string, Poco::Dynamic::Var> notifications_; ///< By subscription.
};

} // namespace cmw::substrate
