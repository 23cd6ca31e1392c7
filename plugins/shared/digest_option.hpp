// SPDX-License-Identifier: Apache-2.0
//
// shared/digest_option.hpp - the digest algorithms that the host knows, for an option `algorithm`.
#pragma once

#include <cstddef>

namespace cmw::shared {

inline constexpr const char* digest_algorithms[] = {"blake2s-256", "sha-256", nullptr};

/// In bytes, of each of them.
inline constexpr std::size_t digest_size = 32;

} // namespace cmw::shared
