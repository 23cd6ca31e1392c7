// SPDX-License-Identifier: Apache-2.0
//
// substrate/chain.hpp - one node's finalised chain: waits for its heads and reads the item there.
//
//   connect       genesis, subscription, finalised head            one round trip, the head: another
//   each head     its hash by number, the runtime, syncing         one
//                 the value at the hash, the header to compare     another
//   new runtime   its metadata                                     one between them
#pragma once

#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/metadata.hpp"
#include "consensus-source/substrate/rpc_client.hpp"
#include "consensus-source/substrate/settings.hpp"

namespace cmw::substrate {

/// What stood in the chain at one finalised head.
struct Reading {
    Head head;
    std::string hash;
    SyncState sync;
    bool synced = false;
    RuntimeVersion runtime;
    /// Nothing is read while the node is syncing and that matters.
    std::optional<std::vector<std::uint8_t>> value;
};

/// Every failure throws cmw::Error; only a new Chain helps then, but for CMW_CANCELLED.
class Chain {
  public:
    /// Connects and makes sure that it is the right network.
    Chain(const Call& call, const Settings& settings, const Endpoint& endpoint);

    /// Block until there is a newer finalised head, or it is time to ask a syncing node again.
    void wait_for_news(const Call& call);

    /// Read at the newest finalised head.
    Reading read(const Call& call);

    /// How the value is laid out; there once a value was read.
    const StorageItem& item() const { return *item_; }
    const std::string& genesis() const noexcept { return genesis_; }
    std::string endpoint() const { return endpoint_.name(); }
    bool usable() const noexcept { return rpc_.usable(); }

  private:
    /// Whether a chain that says nothing is still there and has indeed nothing to say.
    void check_silence(const Call& call);
    std::uint64_t ask_sync(const Call& call);
    SyncState sync_answer(const Call& call, std::uint64_t request);
    /// Have item_ as `version`, which is in force at the block `at`, lays it out.
    void use_runtime(const Call& call, const RuntimeVersion& version, const std::string& at);
    std::string place(const Head& head) const;

    const Settings& settings_;
    Endpoint endpoint_;
    RpcClient rpc_;
    std::string genesis_;
    std::string subscription_;
    Head newest_;
    std::string hash_;                               ///< Of newest_, once it was read.
    std::chrono::steady_clock::time_point check_at_; ///< If no head comes before.
    bool missed_ = false; ///< The node had a head that it did not tell of.
    bool synced_ = false;
    bool lacks_sync_state_ = false;
    RuntimeVersion runtime_;
    std::optional<StorageItem> item_;
    std::string key_;
};

} // namespace cmw::substrate
