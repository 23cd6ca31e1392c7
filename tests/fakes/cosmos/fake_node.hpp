// SPDX-License-Identifier: Apache-2.0
//
// fakes/cosmos/fake_node.hpp - the RPC of a Cosmos node on loopback, which misbehaves on demand.
#pragma once

#include "fakes/http_server.hpp"

#include <cstdint>
#include <mutex>
#include <optional>

namespace cmw::fakes {

class FakeNode {
  public:
    enum class Manner {
        Well,
        Bare,    ///< As Sei: without JSON-RPC's envelope.
        Silent,  ///< Closes each connection: what a node that is not up looks like.
        Garbage, ///< Says what is no JSON.
        Failing, ///< JSON-RPC errors, with status 500.
        Stall,   ///< Never answers.
        Endless, ///< Answers without end.
        Refuse,  ///< /status is well, queries of the application are refused.
    };
    struct Plan {
        std::string name;
        std::uint64_t height;
        std::string info;
    };
    struct State {
        std::uint64_t height = 1;
        bool catching_up = false;
        std::optional<Plan> plan;
        std::map<std::string, std::uint64_t> applied; ///< Height by name of upgrade.
        Manner manner = Manner::Well;
        std::string document; ///< What /info.json holds.
    };

    FakeNode();

    /// Changes the state under the lock.
    template <class Change>
    void set(Change change) {
        const std::lock_guard lock(mutex_);
        change(state_);
    }
    std::string url(const std::string& target = "") const { return server_.url(target); }
    std::size_t asked() const { return server_.requests().size(); }

  private:
    void answer(const test::HttpServer::Request& request, test::HttpServer::Connection& to);

    std::mutex mutex_;
    State state_;
    test::HttpServer server_;
};

/// The bytes of a QueryCurrentPlanResponse.
std::string current_plan_message(const FakeNode::Plan& plan);
std::string base64(const std::string& bytes);

} // namespace cmw::fakes
