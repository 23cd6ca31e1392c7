// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/fake_authorities.hpp - authorities who sign what they are told to.
#pragma once

#include "consensus-source/substrate/grandpa.hpp"

#include <vector>

namespace cmw::fakes {

/// A precommit of one of them; the offsets make it one of another round or set.
struct Vote {
    unsigned voter = 0;
    substrate::Hash block{};
    std::uint32_t number = 0;
    std::uint64_t other_round = 0;
    std::uint64_t other_set = 0;
};

class FakeAuthorities {
  public:
    using Blob = std::vector<std::uint8_t>;
    using Hash = substrate::Hash;

    explicit FakeAuthorities(unsigned count);

    unsigned count() const { return static_cast<unsigned>(keys_.size()); }
    /// The first `size` of them from `from` on, each with a weight of one.
    substrate::AuthoritySet set(std::uint64_t id, unsigned size, unsigned from = 0) const;
    /// A SCALE GrandpaJustification; `ancestries` are encoded headers.
    Blob justification(const Hash& block, std::uint32_t number, std::uint64_t round,
                       std::uint64_t set, const std::vector<Vote>& votes,
                       const std::vector<Blob>& ancestries = {}) const;

  private:
    struct Key {
        Hash open{};
        Blob secret;
    };

    std::vector<Key> keys_;
};

} // namespace cmw::fakes
