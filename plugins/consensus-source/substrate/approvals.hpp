// SPDX-License-Identifier: Apache-2.0
//
// substrate/approvals.hpp - which fields of the chain's record approve software.
#pragma once

#include "consensus-source/substrate/metadata.hpp"

#include <string>
#include <vector>

namespace cmw::substrate {

struct Approval {
    std::string target; ///< The field's name.
    Bytes digest;       ///< Borrowed from the value.
};

/// Decodes the whole value; each field that is a fixed array as long as a digest (H256) is an
/// approval, and others, such as an Option, are passed over. An item that is such an array itself
/// is one approval, named like the item. Throws cmw::Error: CMW_INVALID if the value does not
/// fit the layout, CMW_CONFIG if it has no such field.
std::vector<Approval> approvals(const StorageItem& item, Bytes value);

} // namespace cmw::substrate
