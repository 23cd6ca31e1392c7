// SPDX-License-Identifier: Apache-2.0
//
// substrate/storage.hpp - values of the chain's storage at one block. Everything that is read from
// a chain's state is read here and nowhere else, so this is where a value is verified.
#pragma once

#include "consensus-source/substrate/block.hpp"
#include "consensus-source/substrate/rpc_client.hpp"

#include <map>

namespace cmw::substrate {

/// By storage key, "0x<hex>"; nothing where the chain has no value.
using Values = std::map<std::string, std::optional<std::vector<std::uint8_t>>>;

class Storage {
  public:
    /// `proofs`: take no value without a proof from the block's state root. The block's header
    /// must be believed for other reasons.
    Storage(RpcClient& rpc, bool proofs) : rpc_(rpc), proofs_(proofs) {}

    /// Ask for the values of all `keys` at the block of this hash, in one request.
    std::uint64_t ask(const Call& call, const std::vector<std::string>& keys,
                      const std::string& hash);

    /// What such a request gets: a value or none for each of the keys. A node that passes one over
    /// throws cmw::Error(CMW_INVALID).
    Values take(const Call& call, std::uint64_t request, const std::vector<std::string>& keys,
                const Block& block);

    /// Both.
    Values read(const Call& call, const std::vector<std::string>& keys, const Block& block) {
        return take(call, ask(call, keys, block.hash), keys, block);
    }

  private:
    RpcClient& rpc_;
    bool proofs_;
};

/// "0x<hex>", as bytes. Throws cmw::Error(CMW_INVALID) that begins with what it is not.
std::vector<std::uint8_t> parse_bytes(const Poco::Dynamic::Var& var, const char* what);

/// The values of one answer to state_queryStorageAt. Pure; throws cmw::Error(CMW_INVALID).
Values parse_values(const Poco::Dynamic::Var& answer, const std::vector<std::string>& keys,
                    const std::string& hash);

/// The values that an answer to state_getReadProof proves for the state with this root, "0x<hex>".
/// Pure; throws cmw::Error(CMW_INVALID) unless it does so for each key.
Values proven_values(const Poco::Dynamic::Var& answer, const std::vector<std::string>& keys,
                     const std::string& state_root);

} // namespace cmw::substrate
