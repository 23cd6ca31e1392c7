// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/trie_proof.hpp"

#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <algorithm>

namespace cmw::substrate {
namespace {

std::vector<std::uint8_t> nibbles_of(Bytes key) {
    std::vector<std::uint8_t> nibbles;
    nibbles.reserve(2 * key.size());
    for (const auto byte : key) {
        nibbles.push_back(byte >> 4);
        nibbles.push_back(byte & 0x0f);
    }
    return nibbles;
}

Hash hash_of(Bytes bytes) {
    Hash hash{};
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

} // namespace

TrieProof::TrieProof(std::vector<Blob> nodes) {
    for (auto& node : nodes) {
        const auto hash = blake2b_256(node);
        nodes_.emplace(hash, std::move(node));
    }
}

const TrieProof::Blob& TrieProof::named(const Hash& hash) const {
    const auto found = nodes_.find(hash);
    if (found == nodes_.end())
        throw Error(CMW_INVALID, "cannot follow the storage proof: it has no node with the hash " +
                                     shared::to_hex(hash));
    return found->second;
}

std::optional<TrieProof::Blob> TrieProof::value_of(const TrieNode& node) const {
    switch (node.kind) {
    case TrieNode::Value::None:
        return std::nullopt;
    case TrieNode::Value::Inline:
        return Blob(node.value.begin(), node.value.end());
    case TrieNode::Value::Hashed:
        break;
    }
    return named(hash_of(node.value));
}

std::optional<TrieProof::Blob> TrieProof::value(const Hash& root, Bytes key) const {
    const auto way = nibbles_of(key);
    Bytes rest(way);
    Bytes encoded(named(root));
    // Each turn but the last takes a nibble of the key, so there is an end to it.
    while (true) {
        const auto node = decode_trie_node(encoded);
        if (rest.size() < node.key.size() ||
            !std::ranges::equal(node.key, rest.first(node.key.size())))
            return std::nullopt; // The keys below go another way.
        rest = rest.subspan(node.key.size());
        if (rest.empty()) return value_of(node);
        const auto child = node.children[rest[0]];
        if (child.empty()) return std::nullopt;
        rest = rest.subspan(1);
        encoded = child.size() == 32 ? Bytes(named(hash_of(child))) : child;
    }
}

} // namespace cmw::substrate
