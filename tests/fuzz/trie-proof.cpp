// SPDX-License-Identifier: Apache-2.0
//
// A storage proof from the network: the first byte is the length of the key, the key follows, the
// rest are nodes with a length byte before each; the first one is taken for the root.
#include "consensus-source/substrate/trie_proof.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <cstddef>

using namespace cmw::substrate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes rest(data, size);
    const auto sized = [&]() -> Bytes {
        if (rest.empty()) return {};
        const auto count = std::min<std::size_t>(rest[0], rest.size() - 1);
        const auto taken = rest.subspan(1, count);
        rest = rest.subspan(1 + count);
        return taken;
    };
    const auto key = sized();
    std::vector<TrieProof::Blob> nodes;
    while (!rest.empty()) {
        const auto node = sized();
        nodes.emplace_back(node.begin(), node.end());
    }
    if (nodes.empty()) return 0;
    const auto root = blake2b_256(nodes[0]);
    try {
        TrieProof(std::move(nodes)).value(root, key);
    } catch (const cmw::Error&) {
    }
    return 0;
}
