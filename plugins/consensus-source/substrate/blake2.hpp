// SPDX-License-Identifier: Apache-2.0
//
// substrate/blake2.hpp - BLAKE2b (RFC 7693) in the sizes by which a chain names things.
#pragma once

#include "consensus-source/substrate/scale.hpp"

#include <array>

namespace cmw::substrate {

/// A block, a node of the trie, a state root.
using Hash = std::array<std::uint8_t, 32>;

Hash blake2b_256(Bytes data);

/// For the keys of maps.
std::array<std::uint8_t, 16> blake2b_128(Bytes data);

} // namespace cmw::substrate
