// SPDX-License-Identifier: Apache-2.0
//
// substrate/runtime.hpp - what is kept of a runtime's metadata: where the items stand that are
// read at each block, and how their values are laid out.
#pragma once

#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/metadata.hpp"
#include "consensus-source/substrate/settings.hpp"

namespace cmw::substrate {

/// What says which node is an active validator.
struct ValidatorItems {
    StorageItem validators; ///< Session.Validators: Vec<AccountId>.
    std::string validators_key;
    std::optional<StorageItem> disabled; ///< Session.DisabledValidators: Vec<u32>, positions.
    std::string disabled_key;
    StorageItem bonded; ///< Staking.Bonded: from a stash to its controller.
    StorageItem ledger; ///< Staking.Ledger: of a controller; has a field cmix_id.
};

/// What says which calls may come that change the record. The values of ProposalOf and Agenda hold
/// calls, which need nearly all types of the runtime: their layouts are not kept.
struct MotionItems {
    std::string pallet;                   ///< Of the record, and of the call that sets it.
    std::string call;                     ///< Its name.
    CallPrefix prefix{};                  ///< How its encoding begins.
    std::string committee;                ///< The pallet of the committee, if it has motions.
    std::optional<StorageItem> proposals; ///< Vec<Hash>
    std::string proposals_key;
    std::optional<StorageItem> proposal_of; ///< From a hash to a call.
    std::optional<StorageItem> voting;      ///< From a hash to its votes, with the motion's index.
    std::optional<StorageItem> agenda;      ///< Scheduler.Agenda: from a block to tasks.
};

struct Runtime {
    RuntimeVersion version;
    StorageItem record;
    std::string record_key;
    std::optional<StorageItem> admin_permission; ///< A block's number.
    std::string admin_permission_key;
    std::optional<ValidatorItems> validators; ///< Nothing where the runtime has not all of it.
    std::optional<MotionItems> motions;       ///< Nothing without such a call.
};

/// Throws cmw::Error if the record is not there or cannot be read; CMW_CONFIG if it is a map.
Runtime read_runtime(const RuntimeVersion& version, Bytes metadata, const Settings& settings);

} // namespace cmw::substrate
