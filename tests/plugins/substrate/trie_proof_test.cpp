// SPDX-License-Identifier: Apache-2.0
//
// Storage proofs: of public chains, of the live network's genesis, and of tries made at random.
// Nothing that is done to a proof may bring out another value.
#include "consensus-source/substrate/trie_proof.hpp"

#include "consensus-source/substrate/header.hpp"
#include "fakes/chain/state_trie.hpp"
#include "support/test_data.hpp"
#include "vectors.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <random>

using namespace cmw::substrate;
using cmw::fakes::StateTrie;
using cmw::test::Vectors;
using Blob = std::vector<std::uint8_t>;

namespace {

Blob from_hex(std::string_view hex) {
    return cmw::shared::from_hex(hex).value();
}

/// What a proof says of a key.
struct Answer {
    bool refused = false;
    std::optional<Blob> value;

    bool operator==(const Answer&) const = default;
};

Answer ask(const std::vector<Blob>& nodes, const Hash& root, const Blob& key) {
    try {
        return {.value = TrieProof(nodes).value(root, key)};
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_INVALID);
        return {.refused = true};
    }
}

const Answer refused{.refused = true};
const Answer absent{};

/// Every byte of every node replaced, every node left out or torn: refused, or the truth.
void tamper(const std::vector<Blob>& nodes, const Hash& root, const Blob& key,
            const Answer& truth) {
    std::size_t changed = 0;
    std::size_t other = 0;
    const auto look = [&](const std::vector<Blob>& tampered) {
        ++changed;
        const auto answer = ask(tampered, root, key);
        if (answer != refused && answer != truth) ++other;
    };
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        auto tampered = nodes;
        for (std::size_t at = 0; at < nodes[node].size(); ++at) {
            for (const unsigned bits : {0x01u, 0x10u, 0x80u, 0xffu}) {
                tampered[node][at] = static_cast<std::uint8_t>(nodes[node][at] ^ bits);
                look(tampered);
            }
            tampered[node][at] = nodes[node][at];
        }
        tampered[node].pop_back();
        look(tampered);
        tampered[node] = nodes[node];
        tampered[node].push_back(0);
        look(tampered);
        tampered.erase(tampered.begin() + static_cast<std::ptrdiff_t>(node));
        look(tampered);
    }
    CHECK(changed > nodes.size());
    CHECK(other == 0);
}

} // namespace

TEST_CASE("BLAKE2b in both sizes") {
    // As b2sum -l 256 and -l 128 have them.
    using cmw::shared::to_hex;
    CHECK(to_hex(blake2b_256({})) ==
          "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    CHECK(to_hex(blake2b_128({})) == "cae66941d9efbd404e4d88758ea67670");
    const Blob abc{'a', 'b', 'c'};
    CHECK(to_hex(blake2b_128(abc)) == "cf4ab791c62b8d2b2109c90275287816");
}

TEST_CASE("proofs of public chains are followed, in both state versions") {
    for (const char* file :
         {"xx-network-genesis.txt", "polkadot-genesis.txt", "state-version-1.txt"}) {
        CAPTURE(file);
        const Vectors vectors(file);
        const auto keys = vectors.all("key");
        const auto values = vectors.all("value");
        const auto nodes = vectors.all("node");
        const auto root = vectors.hash("state-root");
        REQUIRE(keys.size() == values.size());
        for (std::size_t i = 0; i < keys.size(); ++i)
            CHECK(ask(nodes, root, keys[i]) == Answer{.value = values[i]});
        CHECK(ask(nodes, Hash{}, keys[0]) == refused);
    }
}

TEST_CASE("what is proven to be absent, and what is not proven at all") {
    const Vectors vectors("polkadot-genesis.txt");
    const auto nodes = vectors.all("node");
    const auto root = vectors.hash("state-root");
    CHECK(ask(nodes, root, vectors.blob("absent")) == absent);
    CHECK(ask(nodes, root, vectors.blob("beyond")) == refused);
}

TEST_CASE("no change to a proof brings out another value") {
    for (const char* file :
         {"xx-network-genesis.txt", "polkadot-genesis.txt", "state-version-1.txt"}) {
        CAPTURE(file);
        const Vectors vectors(file);
        tamper(vectors.all("node"), vectors.hash("state-root"), vectors.blob("key"),
               Answer{.value = vectors.blob("value")});
    }
    const Vectors vectors("polkadot-genesis.txt");
    tamper(vectors.all("node"), vectors.hash("state-root"), vectors.blob("absent"), absent);
}

TEST_CASE("the genesis of the xx network is the one that the world knows") {
    const Vectors vectors("xx-network-genesis.txt");
    const auto header = decode_header(vectors.blob("header"));
    CHECK(header.hash == vectors.hash("genesis"));
    CHECK(header.state_root == vectors.hash("state-root"));
    CHECK(header.number == 0);
    CHECK(!header.change);
    CHECK(ask(vectors.all("node"), header.state_root, vectors.blob("authorities-key")) ==
          Answer{.value = vectors.blob("authorities")});
}

TEST_CASE("the whole genesis storage of the xx network makes its state root") {
    const auto text = cmw::test::test_data("xxnetwork.chainspec.json.xz", CMW_SOURCE_ROOT);
    if (!text) return;
    const auto root = Poco::JSON::Parser().parse(*text).extract<Poco::JSON::Object::Ptr>();
    const auto top = root->getObject("genesis")->getObject("raw")->getObject("top");
    StateTrie trie;
    for (const auto& [key, value] : *top)
        trie.values[from_hex(key)] = from_hex(value.extract<std::string>());
    const Vectors vectors("xx-network-genesis.txt");
    CHECK(trie.values.size() > 7000);
    CHECK(trie.root() == vectors.hash("state-root"));
    // A sample, because each proof walks the whole trie.
    std::size_t at = 0;
    std::size_t wrong = 0;
    for (const auto& [key, value] : trie.values)
        if (at++ % 256 == 0 &&
            ask(trie.proof({key}), vectors.hash("state-root"), key) != Answer{.value = value})
            ++wrong;
    CHECK(wrong == 0);
}

TEST_CASE("proofs of tries made at random tell what is there and what is not") {
    std::mt19937 random(7);
    const auto blob = [&](std::size_t most) {
        Blob bytes(random() % (most + 1));
        // Few letters, so that keys share beginnings and lie in each other.
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 4 * 0x11);
        return bytes;
    };
    std::size_t wrong = 0;
    for (unsigned round = 0; round < 200; ++round) {
        StateTrie trie(round % 2);
        for (auto left = random() % 40; left > 0; --left)
            trie.values[blob(random() % 8 == 0 ? 200 : 5)] = blob(80);
        const auto root = trie.root();
        for (unsigned i = 0; i < 30; ++i) {
            const auto key = blob(5);
            const auto there = trie.values.find(key);
            const auto truth = there == trie.values.end() ? absent : Answer{.value = there->second};
            if (ask(trie.proof({key}), root, key) != truth) ++wrong;
        }
        for (const auto& [key, value] : trie.values)
            if (ask(trie.proof({key}), root, key) != Answer{.value = value}) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("nodes that no honest trie has are refused") {
    const auto refuses = [](std::string_view hex) {
        const auto bytes = from_hex(hex);
        try {
            decode_trie_node(bytes);
            return false;
        } catch (const cmw::Error& e) {
            return e.status() == CMW_INVALID;
        }
    };
    CHECK(!refuses("00"));
    CHECK(!refuses("42aa04bb"));  // The leaf of smoldot's trie_root_single_tuple.
    CHECK(refuses(""));           // Nothing.
    CHECK(refuses("0000"));       // The empty trie and more.
    CHECK(refuses("0104"));       // No such kind.
    CHECK(refuses("42aa04bb00")); // A byte after the end.
    CHECK(refuses("42aa08bb"));   // A value that is cut off.
    CHECK(refuses("411a04bb"));   // Padding that is not zero.
    CHECK(refuses("42aa0500bb")); // A length longer than it needs to be.
    CHECK(refuses("800000"));     // A branch without children.
    CHECK(refuses("80010000"));   // A child of no bytes.
    CHECK(refuses("800100"
                  "84" +
                  std::string(66, '1')));          // A child of 33 bytes.
    CHECK(refuses("7fffffffff"));                  // A partial key that never ends.
    CHECK(refuses("22aa" + std::string(62, '1'))); // A hash of 31 bytes.
    CHECK(refuses("bfff"));
}
