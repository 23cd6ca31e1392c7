// SPDX-License-Identifier: Apache-2.0
//
// substrate/grandpa.hpp - whether a block is final, by the signatures of the network's authorities.
//
// Source: the Polkadot specification, "GRANDPA" and "Justified block header"; the finality-grandpa
// crate for what counts: more than two thirds of the weight have precommitted to the block or to
// one that descends from it, in one round of this very set.
#pragma once

#include "consensus-source/substrate/header.hpp"

namespace cmw::substrate {

/// Who decides on finality, from one block on until a block changes it. The number grows by one
/// with each change, and is signed: a vote of one set counts in no other.
struct AuthoritySet {
    std::uint64_t id = 0;
    std::vector<Authority> authorities;

    bool operator==(const AuthoritySet&) const = default;
};

/// The block that a justification is for.
struct Justified {
    Hash hash{};
    std::uint64_t number = 0;
};

/// The block that `set` justifies here. Throws cmw::Error(CMW_INVALID) that says what is missing.
/// A vote by a stranger, a vote that is signed badly and a second vote do not count; they do not
/// spoil the others either. (A signature that only some verifiers take must not stop us.)
Justified check_justification(Bytes justification, const AuthoritySet& set);

/// The answer to grandpa_proveFinality for a block: a justification of it or of a later block, and
/// the headers from the one after it up to that one.
struct FinalityProof {
    Bytes justification; ///< Borrowed.
    std::vector<Header> headers;
};

/// Throws cmw::Error(CMW_INVALID).
FinalityProof decode_finality_proof(Bytes bytes);

/// The hash of the block of this number, by a proof that is for `justified`. Throws cmw::Error:
/// CMW_INVALID if the headers do not lead from one to the other, CMW_AGAIN if `justified` is older.
Hash proven_block(const FinalityProof& proof, const Justified& justified, std::uint64_t number);

} // namespace cmw::substrate
