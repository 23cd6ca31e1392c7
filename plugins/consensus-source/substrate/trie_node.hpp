// SPDX-License-Identifier: Apache-2.0
//
// substrate/trie_node.hpp - one node of the trie that a block's state root stands for.
//
// Source: the Polkadot specification, "State storage": header, partial key, bitmap of children,
// value, children. Both state versions: 0 has each value in its node, 1 the hash of a long one.
#pragma once

#include "consensus-source/substrate/blake2.hpp"

#include <vector>

namespace cmw::substrate {

struct TrieNode {
    enum class Value {
        None,   ///< A branch where no key ends.
        Inline, ///< `value` is it.
        Hashed, ///< `value` is its hash, 32 bytes.
    };

    std::vector<std::uint8_t> key; ///< The nibbles that all keys below share, one in each byte.
    bool branch = false;
    Value kind = Value::None;
    Bytes value; ///< Borrowed, as are the children.
    /// By the next nibble: 32 bytes are the child's hash, fewer are the child itself, none: no
    /// child.
    std::array<Bytes, 16> children;
};

/// Reads all of `bytes`; the empty trie is a node without anything. Throws cmw::Error(CMW_INVALID).
TrieNode decode_trie_node(Bytes bytes);

} // namespace cmw::substrate
