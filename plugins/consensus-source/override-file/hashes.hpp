// SPDX-License-Identifier: Apache-2.0
//
// override-file/hashes.hpp - reads the operator's file: field to hash, as the chain's record has it.
//
//   {"server": "0x<64 hex>", "gateway": "<64 hex>", "wrapper": null, "extra": null}
//
// The old wrapper read the first line alone. That form is read, and an object over several lines.
// A later version of it took another form, from a hash that the chain names to a file to run instead:
//
//   {"<64 hex>": "/path/of/custom/binary"}
//
// It says nothing of what that file must hold, so it cannot approve anything: it is refused with the
// command that does what it meant.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::override_file {

using Hashes = std::map<std::string, std::vector<std::uint8_t>>;

/// Fields that are null are left out, and so is "extra", which the chain's record has for lists.
/// Throws cmw::Error(CMW_INVALID) that names the field: not a text of 64 hexadecimal digits, named
/// twice; or says why it is no JSON object. A file of the other form throws with what to do instead.
Hashes parse_hashes(std::string_view content);

} // namespace cmw::override_file
