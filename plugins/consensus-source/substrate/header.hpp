// SPDX-License-Identifier: Apache-2.0
//
// substrate/header.hpp - a block's header as it is hashed, and what it says about authorities.
//
// Source: the Polkadot specification, "Block header" and "Consensus messages"; digest items by
// sp-runtime's generic::DigestItem.
#pragma once

#include "consensus-source/substrate/blake2.hpp"

#include <optional>
#include <vector>

namespace cmw::substrate {

/// One who votes on finality.
struct Authority {
    Hash key{}; ///< Ed25519.
    std::uint64_t weight = 0;

    bool operator==(const Authority&) const = default;
};

/// A change of the authorities, as a header announces it.
struct AuthorityChange {
    std::vector<Authority> next;
    std::uint64_t delay = 0; ///< Blocks until it is in force.
    bool forced = false;     ///< Not by finality: a network's way out when finality stalled.
};

struct Header {
    Hash hash{}; ///< Its own: that of the bytes it was read from.
    Hash parent{};
    std::uint64_t number = 0;
    Hash state_root{};
    std::optional<AuthorityChange> change;
};

/// Reads one header and leaves what follows it. Throws cmw::Error(CMW_INVALID).
Header read_header(ScaleReader& reader);
/// The same of all of `bytes`.
Header decode_header(Bytes bytes);

/// What chain_getHeader takes apart, put together again. `logs` are encoded items of the digest.
std::vector<std::uint8_t> encode_header(const Hash& parent, std::uint64_t number,
                                        const Hash& state_root, const Hash& extrinsics_root,
                                        const std::vector<std::vector<std::uint8_t>>& logs);

/// A compact count, then so many authorities; as the runtime stores them, too.
std::vector<Authority> read_authorities(ScaleReader& reader);

/// The next 32 bytes.
Hash read_hash(ScaleReader& reader);

} // namespace cmw::substrate
