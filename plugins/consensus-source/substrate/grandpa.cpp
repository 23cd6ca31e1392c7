// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/grandpa.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <sodium/crypto_sign_ed25519.h>

namespace cmw::substrate {
namespace {

struct Precommit {
    Hash hash{};
    std::uint32_t number = 0;
    Bytes signature;
    Hash voter{};
};

struct Justification {
    std::uint64_t round = 0;
    Hash hash{};
    std::uint32_t number = 0;
    std::vector<Precommit> precommits;
    std::vector<Header> ancestries; ///< Between the block and those voted for.
};

std::uint64_t read_u64(ScaleReader& reader) {
    const std::uint64_t low = reader.u32();
    return low | std::uint64_t{reader.u32()} << 32;
}

Justification decode(Bytes bytes) {
    constexpr std::size_t encoded_precommit = 32 + 4 + 64 + 32;
    ScaleReader reader(bytes);
    Justification read;
    read.round = read_u64(reader);
    read.hash = read_hash(reader);
    read.number = reader.u32();
    const auto votes = reader.compact32();
    if (votes > reader.left() / encoded_precommit) reader.fail("more votes than bytes");
    read.precommits.resize(votes);
    for (auto& precommit : read.precommits) {
        precommit.hash = read_hash(reader);
        precommit.number = reader.u32();
        precommit.signature = reader.take(64);
        precommit.voter = read_hash(reader);
    }
    // Each header is a hundred bytes at least: nothing is reserved by a count.
    for (auto headers = reader.compact32(); headers > 0; --headers)
        read.ancestries.push_back(read_header(reader));
    if (reader.left() != 0) reader.fail("a justification goes on after its end");
    return read;
}

/// Numbers of the block and of all that are shown to descend from it, by hash.
std::map<Hash, std::uint64_t> descendants(const Justification& justification) {
    std::multimap<Hash, const Header*> by_parent;
    for (const auto& header : justification.ancestries) by_parent.emplace(header.parent, &header);
    std::map<Hash, std::uint64_t> found{{justification.hash, justification.number}};
    std::vector<Hash> next{justification.hash};
    while (!next.empty()) {
        const auto parent = next.back();
        next.pop_back();
        const auto [from, to] = by_parent.equal_range(parent);
        for (auto child = from; child != to; ++child)
            if (found.emplace(child->second->hash, child->second->number).second)
                next.push_back(child->second->hash);
    }
    return found;
}

/// What an authority signs: the precommit as a message (1), then the round and the set.
std::vector<std::uint8_t> signed_message(const Precommit& precommit, std::uint64_t round,
                                         std::uint64_t set) {
    std::vector<std::uint8_t> message{1};
    const auto little_endian = [&](std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i)
            message.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    };
    message.insert(message.end(), precommit.hash.begin(), precommit.hash.end());
    little_endian(precommit.number, 4);
    little_endian(round, 8);
    little_endian(set, 8);
    return message;
}

/// The weights of those who may vote, by key.
std::map<Hash, std::uint64_t> weights(const AuthoritySet& set, std::uint64_t& total) {
    std::map<Hash, std::uint64_t> found;
    total = 0;
    for (const auto& [key, weight] : set.authorities) {
        if (weight > std::numeric_limits<std::uint64_t>::max() - total)
            throw Error(CMW_INVALID, "cannot use the authority set: its weights overflow");
        total += weight;
        found[key] += weight;
    }
    if (total == 0) throw Error(CMW_INVALID, "cannot use the authority set: it has no weight");
    return found;
}

bool signs(const Precommit& precommit, const Justification& justification, std::uint64_t set) {
    const auto message = signed_message(precommit, justification.round, set);
    return ::crypto_sign_ed25519_verify_detached(precommit.signature.data(), message.data(),
                                                 message.size(), precommit.voter.data()) == 0;
}

} // namespace

Justified check_justification(Bytes bytes, const AuthoritySet& set) {
    const auto justification = decode(bytes);
    std::uint64_t total = 0;
    auto waiting = weights(set, total);
    // Honest ones have a vote of each, or two of one who votes twice. More only cost time.
    if (justification.precommits.size() > 2 * set.authorities.size())
        throw Error(CMW_INVALID, "cannot believe a justification with " +
                                     std::to_string(justification.precommits.size()) +
                                     " votes of " + std::to_string(set.authorities.size()) +
                                     " authorities");
    const auto blocks = descendants(justification);
    std::uint64_t weight = 0;
    for (const auto& precommit : justification.precommits) {
        const auto voter = waiting.find(precommit.voter);
        if (voter == waiting.end()) continue; // A stranger, or one whose vote is counted.
        const auto block = blocks.find(precommit.hash);
        if (block == blocks.end() || block->second != precommit.number) continue;
        if (!signs(precommit, justification, set.id)) continue;
        weight += voter->second;
        waiting.erase(voter);
    }
    const auto needed = total - (total - 1) / 3;
    if (weight < needed)
        throw Error(CMW_INVALID,
                    "cannot believe that block " + std::to_string(justification.number) +
                        " is final: of authority set " + std::to_string(set.id) + ", a weight of " +
                        std::to_string(weight) + " of " + std::to_string(total) +
                        " signed, and it takes " + std::to_string(needed));
    return {justification.hash, justification.number};
}

FinalityProof decode_finality_proof(Bytes bytes) {
    ScaleReader reader(bytes);
    read_hash(reader); // The justified block, which the justification names, too.
    FinalityProof proof{.justification = reader.sized(), .headers = {}};
    for (auto headers = reader.compact32(); headers > 0; --headers)
        proof.headers.push_back(read_header(reader));
    if (reader.left() != 0) reader.fail("a finality proof goes on after its end");
    return proof;
}

Hash proven_block(const FinalityProof& proof, const Justified& justified, std::uint64_t number) {
    if (justified.number < number)
        throw Error(CMW_AGAIN, "cannot prove yet that block " + std::to_string(number) +
                                   " is final: the newest justification is of block " +
                                   std::to_string(justified.number));
    auto hash = justified.hash;
    auto next = justified.number;
    for (auto header = proof.headers.rbegin(); next > number; ++header, --next) {
        if (header == proof.headers.rend() || header->hash != hash || header->number != next)
            throw Error(CMW_INVALID, "cannot follow the headers from block " +
                                         std::to_string(justified.number) + " back to block " +
                                         std::to_string(number));
        hash = header->parent;
    }
    return hash;
}

} // namespace cmw::substrate
