// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/trie_node.hpp"

namespace cmw::substrate {
namespace {

/// What the first bits of a node say.
struct Variant {
    std::uint8_t mask; ///< Of the bits that count nibbles.
    bool branch;
    TrieNode::Value value;
};

Variant variant(ScaleReader& reader, std::uint8_t first) {
    using Value = TrieNode::Value;
    switch (first >> 6) {
    case 1:
        return {0x3f, false, Value::Inline};
    case 2:
        return {0x3f, true, Value::None};
    case 3:
        return {0x3f, true, Value::Inline};
    default:
        if (first >> 5 == 1) return {0x1f, false, Value::Hashed};
        if (first >> 4 == 1) return {0x0f, true, Value::Hashed};
        reader.fail("no node of a trie begins like this");
    }
}

/// The length of the partial key: what the header has no room for follows, up to 255 in each byte.
std::size_t nibbles(ScaleReader& reader, std::uint8_t first, std::uint8_t mask) {
    std::size_t count = first & mask;
    if (count < mask) return count;
    std::uint8_t more = 0xff;
    while (more == 0xff) {
        more = reader.u8();
        count += more;
    }
    return count;
}

std::vector<std::uint8_t> partial_key(ScaleReader& reader, std::size_t count) {
    const auto bytes = reader.take(count / 2 + count % 2);
    std::vector<std::uint8_t> key;
    key.reserve(count);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto high = static_cast<std::uint8_t>(bytes[i] >> 4);
        if (i > 0 || count % 2 == 0)
            key.push_back(high);
        else if (high != 0)
            reader.fail("the padding of a partial key is not zero");
        key.push_back(bytes[i] & 0x0f);
    }
    return key;
}

} // namespace

TrieNode decode_trie_node(Bytes bytes) {
    ScaleReader reader(bytes);
    TrieNode node;
    const auto first = reader.u8();
    if (first == 0) {
        if (reader.left() != 0) reader.fail("the empty node has content");
        return node;
    }
    const auto form = variant(reader, first);
    node.key = partial_key(reader, nibbles(reader, first, form.mask));
    node.branch = form.branch;
    unsigned present = 0;
    if (form.branch) {
        present = reader.u8();
        present |= unsigned{reader.u8()} << 8;
        if (present == 0) reader.fail("a branch has no children");
    }
    node.kind = form.value;
    if (form.value == TrieNode::Value::Inline) node.value = reader.sized();
    if (form.value == TrieNode::Value::Hashed) node.value = reader.take(32);
    for (unsigned i = 0; i < node.children.size(); ++i) {
        if ((present >> i & 1) == 0) continue;
        node.children[i] = reader.sized();
        if (node.children[i].empty() || node.children[i].size() > 32)
            reader.fail("a child is neither a hash nor a short node");
    }
    if (reader.left() != 0) reader.fail("a node of a trie goes on after its end");
    return node;
}

} // namespace cmw::substrate
