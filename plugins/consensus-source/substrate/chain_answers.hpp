// SPDX-License-Identifier: Apache-2.0
//
// substrate/chain_answers.hpp - what a node's answers say, as plain structs. Pure.
#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstdint>
#include <string>

namespace cmw::substrate {

/// A block's header, as far as it tells one block from another. Hashes are "0x<64 hex>".
struct Head {
    std::uint64_t number = 0;
    std::string parent;
    std::string state_root;
    std::string extrinsics_root;

    bool operator==(const Head&) const = default;
};

struct RuntimeVersion {
    std::string name;
    std::uint64_t version = 0;

    bool operator==(const RuntimeVersion&) const = default;
};

/// How far a node is behind its peers.
struct SyncState {
    bool syncing = false;      ///< Of system_health alone, which has no numbers.
    std::uint64_t current = 0; ///< Its best block; 0: not told.
    std::uint64_t highest = 0; ///< The highest that its peers speak of; 0: not told.
};

/// Each throws cmw::Error(CMW_INVALID) that names what is missing or wrong.
Head parse_head(const Poco::Dynamic::Var& header);
RuntimeVersion parse_runtime_version(const Poco::Dynamic::Var& version);
SyncState parse_sync_state(const Poco::Dynamic::Var& state);
SyncState parse_health(const Poco::Dynamic::Var& health);
/// A 32-byte hash, "0x<64 hex>" in lower case. `what` is for the message.
std::string parse_hash(const Poco::Dynamic::Var& hash, const char* what);

/// The name of a subscription, which nodes give as a text or a number.
std::string parse_subscription(const Poco::Dynamic::Var& name);

/// Whether the node follows its chain. A block on its way is no lag; and one that was in sync
/// stays so up to the lag at which Substrate itself speaks of syncing again, so that a burst of
/// blocks takes nobody out of service.
bool is_synced(const SyncState& state, bool was_synced);

} // namespace cmw::substrate
