// SPDX-License-Identifier: Apache-2.0
//
// substrate/reading.hpp - what one node says of one finalised block.
#pragma once

#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/motions.hpp"
#include "consensus-source/substrate/readiness.hpp"

namespace cmw::substrate {

/// What follows from the network's state at a block, and must be the same whoever is asked.
struct Answer {
    std::string genesis;
    std::uint64_t number = 0;
    std::string hash;
    Digests approved;
    Standing standing;
    std::vector<Announcement> announced; ///< Without what is approved already.
    std::optional<std::uint64_t> admin_permission;

    bool operator==(const Answer&) const = default;
};

struct Reading {
    /// Without what is approved, while the node is syncing and that matters.
    Answer answer;
    bool usable = false; ///< It is not so.
    SyncState sync;
    bool synced = false;
    RuntimeVersion runtime;
    std::string verified; ///< By what, if it was.
};

} // namespace cmw::substrate
