// SPDX-License-Identifier: Apache-2.0
//
// substrate/chain.hpp - one node's finalised chain: follows its heads and reads at them.
//
//   connect       genesis, subscription, finalised head            one round trip, the head: another
//   each head     its hash by number, the runtime, syncing         one
//                 all values at the hash, the header to compare,
//                 the scheduler's keys                             another
//   verified      the proof of finality and the header             two (verified_read.hpp)
//   new runtime   its metadata                                     one between them
//   validators    who they belong to, when they changed            two (readiness.hpp)
//   new motion    its call and votes, and the metadata             two (motions.hpp)
#pragma once

#include "consensus-source/substrate/reading.hpp"
#include "consensus-source/substrate/verified_read.hpp"

namespace cmw::substrate {

/// Every failure throws cmw::Error; only a new Chain helps then, but for CMW_CANCELLED.
class Chain {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// Connects and makes sure that it is the right network.
    /// With `verified`, which outlives it, nothing is believed without a proof.
    Chain(const Call& call, const Settings& settings, const Host& host, const Endpoint& endpoint,
          VerifiedChain* verified);

    /// Take what came, without waiting; whether there is a newer finalised head. All that came is
    /// taken then, so that fd() can be polled for more.
    bool take_news(const Call& call);
    int fd() const noexcept { return rpc_.fd(); }

    /// When tick() is due if nothing comes before. `sync_matters`: a node that was syncing is to
    /// be asked again soon.
    Time wake_at(bool sync_matters) const;
    /// Asks a chain that says nothing whether it is still there and has indeed nothing to say;
    /// true if the newest head is to be read again, because the node was syncing.
    bool tick(const Call& call, bool sync_matters);

    /// The newest finalised block.
    std::uint64_t newest() const noexcept { return newest_.number; }

    /// Read at the newest finalised block, or at an older one.
    Reading read(const Call& call, std::uint64_t number);

    bool usable() const noexcept { return rpc_.usable(); }

  private:
    bool waits_for_sync() const { return settings_.require_synced && !synced_; }
    std::uint64_t ask_sync(const Call& call);
    SyncState sync_answer(const Call& call, std::uint64_t request);
    Block find_block(const Call& call, std::uint64_t number);
    /// Have runtime_ be `version`, which executed the block.
    void use_runtime(const Call& call, const RuntimeVersion& version, const Block& block);
    /// Makes sure that the block is final and its header true; says by what.
    std::string prove(const Call& call, const Block& block);
    void check_age(const Values& values, const Block& block) const;
    Answer read_state(const Call& call, const Block& block);
    Digests approved(const Values& values, const Block& block) const;
    std::optional<std::uint64_t> permission(const Values& values) const;

    const Settings& settings_;
    Endpoint endpoint_;
    RpcClient rpc_;
    VerifiedChain* verified_;
    Storage storage_;
    Readiness readiness_;
    Motions motions_;
    std::string genesis_;
    std::string subscription_;
    Head newest_;
    Time check_at_;       ///< If no head comes before.
    bool missed_ = false; ///< The node had a head that it did not tell of.
    Time sync_at_;        ///< When a node that was syncing is asked again.
    bool synced_ = false;
    bool lacks_sync_state_ = false;
    std::optional<Runtime> runtime_;
};

} // namespace cmw::substrate
