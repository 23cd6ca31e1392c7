// SPDX-License-Identifier: Apache-2.0
//
// substrate/approvals.hpp - which parts of the chain's record approve software.
#pragma once

#include "consensus-source/substrate/metadata.hpp"

#include <map>
#include <string>
#include <vector>

namespace cmw::substrate {

struct Approval {
    std::string target;
    Bytes digest; ///< Borrowed from the value.
};

/// How the record is read.
struct RecordUse {
    /// Where the digest of each target stands: names of fields, and numbers in lists and tuples,
    /// with dots between them ("server", "binaries.0.hash"). Empty: each field that is as long as
    /// a digest approves the target named like it.
    std::map<std::string, std::string> fields;
    std::size_t digest_size = 32; ///< In bytes.
};

/// Without `fields`, each member of a struct that is a fixed array as long as a digest (H256) is
/// an approval, and others, such as an Option, are passed over; a record that is such an array
/// itself is one approval, named `name`. With them, an Option on the way is looked into, and a
/// target whose digest is None, or behind the end of a list, is not approved. Throws
/// cmw::Error(CMW_CONFIG) if the record has no such field or what stands there is no digest.
std::vector<Approval> approvals(const Value& record, const std::string& name,
                                const RecordUse& use = {});

/// Decodes the whole value of `item` first; CMW_INVALID if it does not fit the layout.
std::vector<Approval> approvals(const StorageItem& item, Bytes value, const RecordUse& use = {});

} // namespace cmw::substrate
