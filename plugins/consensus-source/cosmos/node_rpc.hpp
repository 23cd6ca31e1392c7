// SPDX-License-Identifier: Apache-2.0
//
// cosmos/node_rpc.hpp - what a node says of itself and of its chain, over the HTTP side of its RPC,
// which is always on (the REST API often is not).
//
// Sources: the RPC reference of CometBFT (/status, /abci_query), cosmos-sdk x/upgrade query.proto.
#pragma once

#include "consensus-source/cosmos/plan.hpp"

#include <cmw/host.hpp>

#include <string>

namespace cmw::cosmos {

struct NodeStatus {
    std::uint64_t height = 0; ///< Of the newest block.
    bool catching_up = false;
    std::string network; ///< The chain's id.

    bool operator==(const NodeStatus&) const = default;
};

/// The answer to /status. Throws cmw::Error(CMW_INVALID).
NodeStatus parse_status(std::string_view json);

/// The bytes that the application answered to /abci_query. Throws cmw::Error(CMW_INVALID), also with
/// the application's words if it refused.
std::string parse_abci_answer(std::string_view json);

/// The RPC's URL as a program uses it: "tcp://" means "http://" in a node's configuration. Throws
/// cmw::Error(CMW_CONFIG) if it is no URL.
std::string rpc_url(const std::string& url);

/// For one thread. All that fails throws cmw::Error: CMW_AGAIN if the node does not answer,
/// CMW_INVALID if it does otherwise than it should.
class NodeRpc {
  public:
    NodeRpc(std::string url, std::chrono::nanoseconds timeout, std::string user_agent);

    NodeStatus status(const Call& call) const;
    std::optional<Plan> current_plan(const Call& call) const;
    /// The height at which the chain made the upgrade; 0: never.
    std::uint64_t applied_plan(const Call& call, const std::string& name) const;

  private:
    std::string query(const Call& call, const std::string& method,
                      const std::string& message) const;
    std::string get(const Call& call, const std::string& resource) const;

    std::string url_;
    std::chrono::nanoseconds timeout_;
    std::string user_agent_;
};

} // namespace cmw::cosmos
