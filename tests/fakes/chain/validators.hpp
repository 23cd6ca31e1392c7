// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/validators.hpp - the state of a chain with validators, for a runtime of which
// Record::validators is set.
#pragma once

#include "consensus-source/substrate/storage_key.hpp"
#include "scale_writer.hpp"

#include <map>

namespace cmw::fakes {

using State = std::map<std::string, std::vector<std::uint8_t>>;

/// 32 bytes that are nobody else's.
inline std::vector<std::uint8_t> account(std::uint8_t kind, std::size_t number) {
    ScaleWriter out;
    out.u8(kind).u32(static_cast<std::uint32_t>(number));
    out.bytes.resize(32, kind);
    return out.bytes;
}
inline std::vector<std::uint8_t> cmix_id(std::size_t number) {
    return account(0xc0, number);
}

inline const std::string validators_key = substrate::storage_key("Session", "Validators");
inline const std::string disabled_key = substrate::storage_key("Session", "DisabledValidators");

inline std::string bonded_key(const std::vector<std::uint8_t>& stash) {
    return substrate::storage_key({.prefix = "Staking",
                                   .name = "Bonded",
                                   .hashers = {substrate::StorageItem::Hasher::Twox64Concat}},
                                  stash);
}
inline std::string ledger_key(const std::vector<std::uint8_t>& controller) {
    return substrate::storage_key({.prefix = "Staking",
                                   .name = "Ledger",
                                   .hashers = {substrate::StorageItem::Hasher::Blake2_128Concat}},
                                  controller);
}

/// Session.Validators of the stashes `from` to `to`, without the last.
inline std::vector<std::uint8_t> validators(std::size_t from, std::size_t to) {
    ScaleWriter out;
    out.compact(to - from);
    for (auto i = from; i < to; ++i) out.raw(account(0x51, i));
    return out.bytes;
}

inline std::vector<std::uint8_t> disabled(const std::vector<std::uint32_t>& places) {
    ScaleWriter out;
    out.compact(places.size());
    for (const auto place : places) out.u32(place);
    return out.bytes;
}

/// A ledger with this id; without one if it is empty.
inline std::vector<std::uint8_t> ledger(std::size_t number, const std::vector<std::uint8_t>& id) {
    ScaleWriter out;
    out.raw(account(0x51, number)).compact(1'000'000'000'000).compact(1'000'000'000'000);
    out.compact(2).u32(1).u32(2);
    if (id.empty())
        out.none();
    else
        out.u8(1).raw(id);
    return out.bytes;
}

/// So many validators: each stash has a controller, and its ledger the id of its number.
inline State validator_state(std::size_t count) {
    State state{{validators_key, validators(0, count)}};
    for (std::size_t i = 0; i < count; ++i) {
        state[bonded_key(account(0x51, i))] = account(0xca, i);
        state[ledger_key(account(0xca, i))] = ledger(i, cmix_id(i));
    }
    return state;
}

} // namespace cmw::fakes
