// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/runtime.hpp"

#include "consensus-source/substrate/storage_key.hpp"

#include <cmw/error.hpp>

namespace cmw::substrate {
namespace {

// What runtimes call the committee that decides of technical matters.
constexpr std::array<const char*, 2> known_committees{"TechnicalCommittee", "TechCommittee"};

/// An item that a chain may lack, or of which nobody says what it is.
std::optional<StorageItem> optional_item(const Metadata& metadata, std::string_view pallet,
                                         std::string_view item, std::size_t keys) {
    try {
        auto found = metadata.item(pallet, item);
        if (found.hashers.size() == keys) return found;
    } catch (const Error& e) {
        if (e.status() != CMW_NOT_FOUND && e.status() != CMW_UNSUPPORTED) throw;
    }
    return std::nullopt;
}

std::string key_or_none(const std::optional<StorageItem>& item) {
    return item ? storage_key(*item) : std::string();
}

std::optional<ValidatorItems> validator_items(const Metadata& metadata) {
    auto validators = optional_item(metadata, "Session", "Validators", 0);
    auto bonded = optional_item(metadata, "Staking", "Bonded", 1);
    auto ledger = optional_item(metadata, "Staking", "Ledger", 1);
    if (!validators || !bonded || !ledger) return std::nullopt;
    ValidatorItems items{.validators = std::move(*validators),
                         .disabled = optional_item(metadata, "Session", "DisabledValidators", 0),
                         .bonded = std::move(*bonded),
                         .ledger = std::move(*ledger)};
    items.validators_key = storage_key(items.validators);
    items.disabled_key = key_or_none(items.disabled);
    return items;
}

std::optional<MotionItems> motion_items(const Metadata& metadata, const Settings& settings) {
    const auto prefix = metadata.call(settings.pallet, settings.call);
    if (!prefix) return std::nullopt;
    MotionItems items{.pallet = settings.pallet, .call = settings.call, .prefix = *prefix};
    const auto committees = settings.committee ? std::vector{*settings.committee}
                                               : std::vector<std::string>{known_committees.begin(),
                                                                          known_committees.end()};
    for (const auto& committee : committees) {
        auto proposals = optional_item(metadata, committee, "Proposals", 0);
        auto proposal_of = metadata.place(committee, "ProposalOf");
        if (!proposals || !proposal_of || proposal_of->hashers.size() != 1) continue;
        items.committee = committee;
        items.proposals_key = storage_key(*proposals);
        items.proposals = std::move(proposals);
        items.proposal_of = std::move(proposal_of);
        items.voting = optional_item(metadata, committee, "Voting", 1);
        break;
    }
    items.agenda = metadata.place("Scheduler", "Agenda");
    if (items.agenda && items.agenda->hashers.size() != 1) items.agenda.reset();
    return items;
}

} // namespace

Runtime read_runtime(const RuntimeVersion& version, Bytes bytes, const Settings& settings) {
    const Metadata metadata(bytes, {settings.types.begin(), settings.types.end()});
    Runtime runtime{.version = version, .record = metadata.item(settings.pallet, settings.item)};
    if (!runtime.record.hashers.empty())
        throw Error(CMW_CONFIG, "cannot take approvals from " + settings.pallet + "." +
                                    settings.item + ": it is a map");
    runtime.record_key = storage_key(runtime.record);
    runtime.admin_permission = optional_item(metadata, settings.pallet, "AdminPermission", 0);
    runtime.admin_permission_key = key_or_none(runtime.admin_permission);
    if (settings.ready != ready_synced) runtime.validators = validator_items(metadata);
    runtime.motions = motion_items(metadata, settings);
    return runtime;
}

} // namespace cmw::substrate
