// SPDX-License-Identifier: Apache-2.0
//
// substrate/verified_read.hpp - believes a node nothing that it cannot prove: a block is final by
// the signatures of authorities that are trusted, a value is that of the block's state root.
//
// Trust begins at a checkpoint, a block that the operator names by its hash: who the authorities
// are after it is read from its state. Each change of them is announced in a block that they
// themselves made final, so that trust goes on by itself.
#pragma once

#include "consensus-source/substrate/authority_state.hpp"
#include "consensus-source/substrate/rpc_client.hpp"
#include "consensus-source/substrate/trie_proof.hpp"

#include <cmw/host.hpp>

namespace cmw::substrate {

/// Follows finality over all connections of one source, one call at a time. Failures throw
/// cmw::Error: CMW_INVALID for what a node cannot have made in good faith.
class VerifiedChain {
  public:
    /// Goes on with what the host's state folder keeps, if that began at the same checkpoint.
    VerifiedChain(const Hash& checkpoint, const Host& host);

    /// The header of the block of this number, which is proven to be final. One round trip and the
    /// header's; two more for each set of authorities that came in the meantime.
    Header prove(const Call& call, RpcClient& rpc, std::uint64_t number);

    /// What this block says is believed: none before it is ever read again.
    void keep(std::uint64_t number);

    /// Whose votes decide on the blocks after the last one.
    std::uint64_t set() const { return state_->set.id; }

  private:
    void begin(const Call& call, RpcClient& rpc);
    /// Go on to the set that follows; false if the node has no other.
    bool advance(const Call& call, RpcClient& rpc, std::uint64_t number);
    /// A final block announces who comes next.
    void follow(const Header& header);
    void save();

    Host host_;
    std::string path_;
    Hash checkpoint_;
    std::optional<AuthorityState> state_;
    std::uint64_t known_ = 0; ///< A block that is final by the present set.
    std::uint64_t saved_ = 0; ///< state_->read, as the file has it.
};

/// A header as chain_getHeader answers; nothing if the node does not know the block. Throws
/// cmw::Error(CMW_INVALID), also if it is not the one with this hash.
std::optional<Header> parse_full_header(const Poco::Dynamic::Var& answer, const Hash& hash);

/// The answer to state_getReadProof.
TrieProof parse_read_proof(const Poco::Dynamic::Var& answer);

/// Who votes after the block with this state. Throws cmw::Error: CMW_UNSUPPORTED if the chain has
/// no GRANDPA, CMW_CONFIG if a change is under way there.
AuthoritySet read_authority_set(const TrieProof& proof, const Hash& state_root);
/// The storage keys for it, "0x<hex>".
std::vector<std::string> authority_set_keys();

} // namespace cmw::substrate
