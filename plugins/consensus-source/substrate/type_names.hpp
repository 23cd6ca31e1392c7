// SPDX-License-Identifier: Apache-2.0
//
// substrate/type_names.hpp - types that metadata of version 13 name by a text alone, such as
// "Vec<(T::BlockNumber, EventIndex)>".
//
// What Rust and Substrate's own types are is known here, with the widths that a new chain has. A
// chain's own types, and those that it changed, must be told: as another type, "u64", or as a
// struct, "{server: Hash, extra: Option<Vec<Hash>>}".
#pragma once

#include "consensus-source/substrate/layout.hpp"

#include <map>
#include <string>
#include <string_view>

namespace cmw::substrate {

/// By name, without path and parameters.
using TypeNames = std::map<std::string, std::string, std::less<>>;

/// The layout of `type`. `names` come before what is known here. Throws cmw::Error:
/// CMW_UNSUPPORTED that names a type nobody knows, CMW_INVALID if a text is no type.
Layout named_layout(std::string_view type, const TypeNames& names);

} // namespace cmw::substrate
