// SPDX-License-Identifier: Apache-2.0
//
// substrate/storage_key.hpp - where an item stands in a chain's storage.
#pragma once

#include <string>
#include <string_view>

namespace cmw::substrate {

/// "0x" and the hexadecimal of twox128(prefix) ++ twox128(item), where twox128 is XXH64 with the
/// seeds 0 and 1, each little-endian.
std::string storage_key(std::string_view prefix, std::string_view item);

} // namespace cmw::substrate
