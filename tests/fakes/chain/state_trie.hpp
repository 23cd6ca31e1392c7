// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/state_trie.hpp - a chain's state as a trie: its root, and proofs of it. It writes what
// the plugin reads, from the same specification, and shares no code with it but the hash.
#pragma once

#include "consensus-source/substrate/blake2.hpp"

#include <map>
#include <vector>

namespace cmw::fakes {

class StateTrie {
  public:
    using Blob = std::vector<std::uint8_t>;
    using Hash = substrate::Hash;

    /// `version` 1 has values longer than 32 bytes beside their nodes.
    explicit StateTrie(unsigned version = 0) : version_(version) {}

    std::map<Blob, Blob> values;

    Hash root() const;
    /// The nodes on the way to each key, whether it is there or not, as a node answers.
    std::vector<Blob> proof(const std::vector<Blob>& keys) const;

  private:
    using Items = std::vector<std::pair<Blob, const Blob*>>; ///< By nibbles, in order.

    /// The encoding of what `items` from `from` to `to` have beyond their first `depth` nibbles.
    Blob encode(const Items& items, std::size_t from, std::size_t to, std::size_t depth,
                const std::vector<Blob>& keys, std::vector<Blob>* proof) const;
    void append_value(Blob& node, const Blob& value, bool wanted, std::vector<Blob>* proof) const;
    Blob top(const std::vector<Blob>& keys, std::vector<Blob>* proof) const;

    unsigned version_;
};

} // namespace cmw::fakes
