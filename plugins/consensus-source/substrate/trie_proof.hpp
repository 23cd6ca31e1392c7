// SPDX-License-Identifier: Apache-2.0
//
// substrate/trie_proof.hpp - what stands in a chain's storage, by a proof that nobody can forge.
//
// A proof is those nodes of the trie that lie on the way to the keys, and, in state version 1, the
// long values. Each is known by its hash, so a proof can lack something but never say something
// else: a value that comes out is the one that the state root stands for.
#pragma once

#include "consensus-source/substrate/trie_node.hpp"

#include <map>
#include <optional>

namespace cmw::substrate {

class TrieProof {
  public:
    using Blob = std::vector<std::uint8_t>;

    /// Nodes in any order, more than needed or fewer: what they are good for shows in value().
    explicit TrieProof(std::vector<Blob> nodes);

    /// What the state with this root has at `key`; nothing: it is proven that there is nothing.
    /// Throws cmw::Error(CMW_INVALID) if the proof does not lead there.
    std::optional<Blob> value(const Hash& root, Bytes key) const;

  private:
    const Blob& named(const Hash& hash) const;
    std::optional<Blob> value_of(const TrieNode& node) const;

    std::map<Hash, Blob> nodes_;
};

} // namespace cmw::substrate
