// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/provable_chain.hpp - blocks with real hashes, a state with a root, and authorities
// who make them final: what a node says when it is asked for proofs, and how it may lie.
#pragma once

#include "fake_authorities.hpp"
#include "state_trie.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>

#include <map>
#include <optional>
#include <string>

namespace cmw::fakes {

enum class Lie {
    None,
    WrongValue,    ///< A proof of a state with other values.
    OldValue,      ///< A proof of the state before.
    MissingNode,   ///< A proof that lacks a node.
    FewSignatures, ///< One too few.
    WrongSet,      ///< Signed for another set.
    Stranger,      ///< One of them is signed by nobody who may.
    DoubleVotes,   ///< One of them votes twice.
    OldBlock,      ///< A justification of the block before.
    MissingHeader, ///< The headers up to the justified block have a gap.
    ForgedHeader,  ///< A header with another state root.
    OtherBlock,    ///< The header of another block.
    Garbage,       ///< Answers that are no proofs at all.
};

class ProvableChain {
  public:
    using Blob = std::vector<std::uint8_t>;
    using Values = std::map<std::string, Blob>; ///< By storage key, "0x<hex>".
    using Var = Poco::Dynamic::Var;

    /// Append a block with these values, and with what the runtime itself keeps.
    void add(const Values& values);
    void resize(std::size_t blocks) { blocks_.resize(blocks); }
    std::size_t size() const { return blocks_.size(); }

    std::string hash(std::size_t number) const;
    /// As chain_getHeader answers.
    Var header(std::size_t number) const;

    /// The next block announces other authorities, who decide on those after it.
    void change_authorities(std::uint32_t delay = 0, bool forced = false);

    /// For the methods that are about proofs, with blocks final up to `final`; nothing for others.
    /// An empty answer is null.
    std::optional<Var> answer(const std::string& method, const Poco::JSON::Array& params,
                              std::size_t final) const;

    Lie lie = Lie::None;
    bool looks_ahead = true;  ///< Its newest justification is of the final block.
    bool pallet_list = false; ///< Has the authorities where newer runtimes have them.
    unsigned state_version = 0;
    std::int64_t time_ms = -1; ///< Of the next blocks; -1: the clock's, none: 0.

  private:
    struct Block {
        substrate::Header header;
        Blob raw;
        substrate::Hash extrinsics{};
        std::vector<Blob> logs;
        StateTrie trie;
        std::uint64_t set = 0; ///< Whose votes make it final.
    };

    Var read_proof(const Poco::JSON::Array& keys, std::size_t number) const;
    Var finality_proof(std::size_t number, std::size_t final) const;
    Blob justify(std::size_t number) const;
    substrate::AuthoritySet authorities(std::uint64_t set) const;
    std::optional<std::size_t> number_of(const Var& hash) const;

    FakeAuthorities all_{10};
    std::vector<Block> blocks_;
    std::uint64_t set_ = 0;   ///< Of the next block.
    std::optional<Blob> log_; ///< Of the next block.
    std::uint64_t made_ = 0;
};

} // namespace cmw::fakes
