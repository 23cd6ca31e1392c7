// SPDX-License-Identifier: Apache-2.0
#include "state_trie.hpp"

#include "scale_writer.hpp"

#include <algorithm>

namespace cmw::fakes {
namespace {

using Blob = StateTrie::Blob;

Blob nibbles(const Blob& key) {
    Blob split;
    for (const auto byte : key) {
        split.push_back(byte >> 4);
        split.push_back(byte & 15);
    }
    return split;
}

/// `kind` are the first bits, `room` is how many bits of the first byte count nibbles.
Blob head(std::uint8_t kind, unsigned room, const Blob& partial) {
    const std::size_t most = (1u << room) - 1;
    Blob node;
    node.push_back(static_cast<std::uint8_t>(kind | std::min(partial.size(), most)));
    if (partial.size() >= most) {
        auto left = partial.size() - most;
        for (; left >= 255; left -= 255) node.push_back(255);
        node.push_back(static_cast<std::uint8_t>(left));
    }
    std::size_t i = 0;
    if (partial.size() % 2 == 1) node.push_back(partial[i++]);
    for (; i < partial.size(); i += 2)
        node.push_back(static_cast<std::uint8_t>(partial[i] << 4 | partial[i + 1]));
    return node;
}

void append_sized(Blob& node, const Blob& bytes) {
    ScaleWriter writer;
    writer.compact(bytes.size()).raw(bytes);
    node.insert(node.end(), writer.bytes.begin(), writer.bytes.end());
}

Blob blob(const StateTrie::Hash& hash) {
    return {hash.begin(), hash.end()};
}

/// Whether a key goes this way.
bool leads(const std::vector<Blob>& keys, const Blob& prefix) {
    return std::ranges::any_of(keys, [&](const Blob& key) {
        return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
    });
}

} // namespace

StateTrie::Hash StateTrie::root() const {
    return substrate::blake2b_256(top({}, nullptr));
}

std::vector<StateTrie::Blob> StateTrie::proof(const std::vector<Blob>& keys) const {
    std::vector<Blob> split;
    for (const auto& key : keys) split.push_back(nibbles(key));
    std::vector<Blob> proof;
    proof.push_back(top(split, &proof));
    return proof;
}

StateTrie::Blob StateTrie::top(const std::vector<Blob>& keys, std::vector<Blob>* proof) const {
    if (values.empty()) return {0};
    Items items;
    for (const auto& [key, value] : values) items.emplace_back(nibbles(key), &value);
    return encode(items, 0, items.size(), 0, keys, proof);
}

void StateTrie::append_value(Blob& node, const Blob& value, bool wanted,
                             std::vector<Blob>* proof) const {
    if (version_ == 0 || value.size() <= 32) return append_sized(node, value);
    const auto hash = substrate::blake2b_256(value);
    node.insert(node.end(), hash.begin(), hash.end());
    if (wanted && proof != nullptr) proof->push_back(value);
}

StateTrie::Blob StateTrie::encode(const Items& items, std::size_t from, std::size_t to,
                                  std::size_t depth, const std::vector<Blob>& keys,
                                  std::vector<Blob>* proof) const {
    const auto& first = items[from].first;
    const auto& last = items[to - 1].first;
    const bool leaf = to - from == 1;
    auto end = leaf ? first.size() : depth;
    while (end < std::min(first.size(), last.size()) && first[end] == last[end]) ++end;
    const Blob prefix(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(end));
    const Blob partial(prefix.begin() + static_cast<std::ptrdiff_t>(depth), prefix.end());
    const bool wanted = std::ranges::find(keys, prefix) != keys.end();
    const bool ends_here = first.size() == end;
    const auto& value = *items[from].second;
    const bool hashed = ends_here && version_ == 1 && value.size() > 32;
    if (leaf) {
        auto node = hashed ? head(0x20, 5, partial) : head(0x40, 6, partial);
        append_value(node, value, wanted, proof);
        return node;
    }
    auto node = hashed      ? head(0x10, 4, partial)
                : ends_here ? head(0xc0, 6, partial)
                            : head(0x80, 6, partial);
    unsigned present = 0;
    Blob children;
    for (auto at = from + (ends_here ? 1 : 0); at < to;) {
        const auto nibble = items[at].first[end];
        auto next = at;
        while (next < to && items[next].first[end] == nibble) ++next;
        present |= 1u << nibble;
        auto child = encode(items, at, next, end + 1, keys, proof);
        if (child.size() >= 32) {
            auto way = prefix;
            way.push_back(nibble);
            const auto hash = blob(substrate::blake2b_256(child));
            if (proof != nullptr && leads(keys, way)) proof->push_back(std::move(child));
            child = hash;
        }
        append_sized(children, child);
        at = next;
    }
    node.push_back(static_cast<std::uint8_t>(present));
    node.push_back(static_cast<std::uint8_t>(present >> 8));
    if (ends_here) append_value(node, value, wanted, proof);
    node.insert(node.end(), children.begin(), children.end());
    return node;
}

} // namespace cmw::fakes
