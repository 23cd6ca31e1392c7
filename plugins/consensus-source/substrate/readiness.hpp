// SPDX-License-Identifier: Apache-2.0
//
// substrate/readiness.hpp - whether this node is an active validator: its id in the ledger of a
// validator of the session that is not disabled.
//
// The validators and who of them is disabled are read along with the record, at each block. Whose
// validator it is takes two requests more, whatever the number of validators: one for all
// controllers, one for all ledgers. They are repeated only when something changed that they
// depend on.
#pragma once

#include "consensus-source/substrate/runtime.hpp"
#include "consensus-source/substrate/storage.hpp"

namespace cmw::substrate {

/// Whether this machine is to run, and if not, why.
struct Standing {
    bool run = false;
    std::string reason;
    bool left = false; ///< It is known to be none of those that run.

    bool operator==(const Standing&) const = default;
};

/// The validators of the session as the chain has them: their accounts, in order.
std::vector<Bytes> parse_validators(const StorageItem& item, Bytes value);

/// For each of `count` validators whether it is disabled. Positions may come in any order, twice,
/// and behind the last validator.
std::vector<bool> parse_disabled(const StorageItem& item, Bytes value, std::size_t count);

/// The id that a ledger names; nothing if it names none or cannot be read. Throws
/// cmw::Error(CMW_CONFIG) if ledgers of this layout have no such field.
std::optional<std::vector<std::uint8_t>> parse_cmix_id(const StorageItem& ledger, Bytes value);

/// Of one connection; it begins knowing nothing.
class Readiness {
  public:
    Readiness(const Settings& settings, const Host& host) : settings_(settings), host_(host) {}

    /// Keys that judge() needs the values of.
    std::vector<std::string> keys(const Runtime& runtime) const;

    Standing judge(const Call& call, Storage& storage, const Block& block, const Runtime& runtime,
                   const Values& values);

  private:
    using Id = std::vector<std::uint8_t>;

    /// Nothing: no identity is asked for. Otherwise the id, or why there is none yet.
    struct Self {
        bool wanted = false;
        std::optional<Id> id;
        std::string why;
    };
    Self self() const;
    bool is_gateway() const;

    /// Where `id` stands among the validators.
    std::vector<std::size_t> find(const Call& call, Storage& storage, const Block& block,
                                  const ValidatorItems& items, const std::vector<Bytes>& accounts,
                                  const Id& id) const;

    const Settings& settings_;
    Host host_;
    /// What was found with which values.
    struct Known {
        Id id;
        std::vector<std::uint8_t> validators;
        std::vector<std::size_t> places;
        std::uint64_t block = 0;
    };
    std::optional<Known> known_;
};

} // namespace cmw::substrate
