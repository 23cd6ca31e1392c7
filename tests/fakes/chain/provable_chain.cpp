// SPDX-License-Identifier: Apache-2.0
#include "provable_chain.hpp"

#include "consensus-source/substrate/storage_key.hpp"
#include "scale_writer.hpp"
#include "shared/hex.hpp"

#include <Poco/JSON/Object.h>

#include <chrono>
#include <sstream>

namespace cmw::fakes {
namespace {

using Blob = ProvableChain::Blob;
using Poco::Dynamic::Var;

constexpr unsigned size_of_set = 5; // Four of them are needed.
constexpr unsigned stranger = 9;

std::string hex(const Blob& bytes) {
    return "0x" + shared::to_hex(bytes);
}

std::string hex(const substrate::Hash& hash) {
    return "0x" + shared::to_hex(hash);
}

Blob u64(std::uint64_t value) {
    return ScaleWriter()
        .u32(static_cast<std::uint32_t>(value))
        .u32(static_cast<std::uint32_t>(value >> 32))
        .bytes;
}

Blob encode(const substrate::AuthoritySet& set) {
    ScaleWriter writer;
    writer.compact(set.authorities.size());
    for (const auto& [key, weight] : set.authorities)
        writer.raw({key.begin(), key.end()}).raw(u64(weight));
    return writer.bytes;
}

/// The same for all chains of a test, so that they can have the same blocks.
std::int64_t clock_ms() {
    static const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return now.count();
}

Blob key_of(const std::string& text) {
    return shared::from_hex(text).value();
}

} // namespace

substrate::AuthoritySet ProvableChain::authorities(std::uint64_t set) const {
    return all_.set(set, size_of_set, static_cast<unsigned>(set % 4));
}

void ProvableChain::add(const Values& values) {
    Block block;
    block.set = set_;
    if (log_) {
        block.logs.push_back(*log_);
        log_.reset();
        ++set_;
    }
    block.logs.push_back(ScaleWriter().u8(6).raw({'B', 'A', 'B', 'E'}).compact(0).bytes);
    block.trie = StateTrie(state_version);
    for (const auto& [key, value] : values) block.trie.values[key_of(key)] = value;
    auto& state = block.trie.values;
    state[key_of(substrate::storage_key("Grandpa", "CurrentSetId"))] = u64(set_);
    const auto list = encode(authorities(set_));
    const std::string well_known = ":grandpa_authorities";
    if (pallet_list)
        state[key_of(substrate::storage_key("Grandpa", "Authorities"))] = list;
    else
        state[{well_known.begin(), well_known.end()}] = ScaleWriter().u8(1).raw(list).bytes;
    if (time_ms != 0 && !blocks_.empty()) // As in the world, the first block has no time.
        state[key_of(substrate::storage_key("Timestamp", "Now"))] =
            u64(static_cast<std::uint64_t>(time_ms < 0 ? clock_ms() : time_ms));
    const auto parent = blocks_.empty() ? substrate::Hash{} : blocks_.back().header.hash;
    // No two blocks are alike, be they at the same place.
    block.extrinsics = substrate::blake2b_256(u64(++made_));
    block.raw = substrate::encode_header(parent, blocks_.size(), block.trie.root(),
                                         block.extrinsics, block.logs);
    block.header = substrate::decode_header(block.raw);
    blocks_.push_back(std::move(block));
}

void ProvableChain::change_authorities(std::uint32_t delay, bool forced) {
    ScaleWriter message;
    message.u8(forced ? 2 : 1);
    if (forced) message.u32(0);
    message.raw(encode(authorities(set_ + 1))).u32(delay);
    ScaleWriter log;
    log.u8(4).raw({'F', 'R', 'N', 'K'}).compact(message.bytes.size()).raw(message.bytes);
    log_ = log.bytes;
}

std::string ProvableChain::hash(std::size_t number) const {
    return hex(blocks_.at(number).header.hash);
}

Var ProvableChain::header(std::size_t number) const {
    if (lie == Lie::OtherBlock && number > 1) --number;
    const auto& block = blocks_.at(number);
    std::ostringstream hex_number;
    hex_number << "0x" << std::hex << number;
    Poco::JSON::Array logs;
    for (const auto& log : block.logs) logs.add(hex(log));
    Poco::JSON::Object digest;
    digest.set("logs", logs);
    Poco::JSON::Object header;
    header.set("number", hex_number.str());
    header.set("parentHash", hex(block.header.parent));
    header.set("stateRoot",
               hex(lie == Lie::ForgedHeader ? block.extrinsics : block.header.state_root));
    header.set("extrinsicsRoot", hex(block.extrinsics));
    header.set("digest", digest);
    return Poco::JSON::Object::Ptr(new Poco::JSON::Object(header));
}

std::optional<std::size_t> ProvableChain::number_of(const Var& hash) const {
    for (std::size_t i = 0; i < blocks_.size(); ++i)
        if (hash == this->hash(i)) return i;
    return std::nullopt;
}

std::optional<Var> ProvableChain::answer(const std::string& method, const Poco::JSON::Array& params,
                                         std::size_t final) const {
    // A Var converts to everything: said in so many words.
    const auto some = [](Var var) { return std::optional<Var>(std::in_place, std::move(var)); };
    const auto at = [&](unsigned param) { return number_of(params.get(param)); };
    if (method == "state_getReadProof")
        return some(at(1) ? read_proof(*params.getArray(0), *at(1)) : Var());
    if (method == "chain_getHeader") return some(at(0) ? header(*at(0)) : Var());
    if (method == "grandpa_proveFinality")
        return some(finality_proof(params.get(0).convert<std::size_t>(), final));
    return std::nullopt;
}

Var ProvableChain::read_proof(const Poco::JSON::Array& keys, std::size_t number) const {
    std::vector<Blob> wanted;
    for (const auto& key : keys) wanted.push_back(key_of(key.extract<std::string>()));
    const auto at = lie == Lie::OldValue && number > 0 ? number - 1 : number;
    auto trie = blocks_.at(at).trie;
    if (lie == Lie::WrongValue)
        for (auto& [key, value] : trie.values)
            if (!value.empty()) value[0] ^= 1;
    auto proof = trie.proof(wanted);
    if (lie == Lie::MissingNode) proof.erase(proof.begin());
    if (lie == Lie::Garbage) proof = {{1, 2, 3}};
    Poco::JSON::Array nodes;
    for (const auto& node : proof) nodes.add(hex(node));
    Poco::JSON::Object answer;
    answer.set("at", hash(number));
    answer.set("proof", nodes);
    return Poco::JSON::Object::Ptr(new Poco::JSON::Object(answer));
}

Blob ProvableChain::justify(std::size_t number) const {
    const auto& block = blocks_.at(number);
    const auto first = static_cast<unsigned>(block.set % 4);
    const auto at = static_cast<std::uint32_t>(number);
    std::vector<Vote> votes;
    for (unsigned i = 0; i < 4; ++i) votes.push_back({first + i, block.header.hash, at});
    if (lie == Lie::WrongSet)
        for (auto& vote : votes) vote.other_set = 1;
    if (lie == Lie::FewSignatures) votes.pop_back();
    if (lie == Lie::Stranger) votes.back().voter = stranger;
    if (lie == Lie::DoubleVotes) votes.back() = votes.front();
    return all_.justification(block.header.hash, at, 3, block.set, votes);
}

Var ProvableChain::finality_proof(std::size_t number, std::size_t final) const {
    if (number > final) return {};
    if (lie == Lie::Garbage) return std::string("0x010203");
    auto justified = number;
    while (justified < final && blocks_[justified + 1].set == blocks_[number].set &&
           (looks_ahead || blocks_[final].set != blocks_[number].set))
        ++justified;
    if (lie == Lie::OldBlock && justified > 0) number = --justified;
    ScaleWriter proof;
    const auto& target = blocks_[justified].header.hash;
    const auto justification = justify(justified);
    proof.raw({target.begin(), target.end()}).compact(justification.size()).raw(justification);
    auto first = number + 1;
    if (lie == Lie::MissingHeader && first < justified) ++first;
    proof.compact(justified + 1 - first);
    for (; first <= justified; ++first) proof.raw(blocks_[first].raw);
    return hex(proof.bytes);
}

} // namespace cmw::fakes
