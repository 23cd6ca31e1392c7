// SPDX-License-Identifier: Apache-2.0
//
// What it costs to believe a block: a justification by 1,000 authorities, of whom as many signed as
// are needed, and a storage proof of one of 10,000 values. By processor time; prints one line of
// JSON.
#include "consensus-source/substrate/trie_proof.hpp"
#include "fakes/chain/fake_authorities.hpp"
#include "fakes/chain/state_trie.hpp"

#include <cstdio>
#include <ctime>

using namespace cmw;

namespace {

constexpr unsigned authorities = 1000;
constexpr unsigned values = 10'000;
constexpr int rounds = 20;

/// Milliseconds of the processor for one.
template <class Work>
double cost_of(Work work) {
    const auto now = [] {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) * 1e-6;
    };
    const auto start = now();
    for (int i = 0; i < rounds; ++i) work();
    return (now() - start) / rounds;
}

} // namespace

int main() {
    const fakes::FakeAuthorities all(authorities);
    const auto set = all.set(1, authorities);
    const auto needed = authorities - (authorities - 1) / 3;
    const auto block = substrate::blake2b_256(std::vector<std::uint8_t>{1});
    std::vector<fakes::Vote> votes;
    for (unsigned i = 0; i < needed; ++i) votes.push_back({i, block, 9});
    const auto justification = all.justification(block, 9, 3, set.id, votes);
    const auto finality = cost_of([&] { check_justification(justification, set); });

    fakes::StateTrie trie;
    std::vector<std::uint8_t> key;
    for (unsigned i = 0; i < values; ++i) {
        const auto hash = substrate::blake2b_256(std::vector<std::uint8_t>{
            static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
        key.assign(hash.begin(), hash.end());
        trie.values[key] = std::vector<std::uint8_t>(257, 1);
    }
    const auto root = trie.root();
    const auto nodes = trie.proof({key});
    const auto storage = cost_of([&] { substrate::TrieProof(nodes).value(root, key); });
    std::printf("{\"benchmark\": \"verified\", \"authorities\": %u, \"signatures\": %u, "
                "\"justification_bytes\": %zu, \"justification_ms\": %.2f, \"storage_nodes\": %zu, "
                "\"storage_ms\": %.4f}\n",
                authorities, needed, justification.size(), finality, nodes.size(), storage);
}
