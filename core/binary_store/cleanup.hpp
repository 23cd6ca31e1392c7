// SPDX-License-Identifier: Apache-2.0
//
// binary_store/cleanup.hpp - what the store drops, and what it keeps to go back to. Installed files
// are copies (or reflinks, which share blocks and not fate): to drop an artifact never touches a
// program that runs.
#pragma once

#include "base/clock.hpp"
#include "base/digest.hpp"

#include <map>
#include <set>

namespace cmw::binary_store {

struct KeptArtifact {
    base::Digest digest;
    std::uint64_t size = 0; ///< Bytes.
    /// By component: when it was last fetched or activated for it.
    std::map<std::string, base::UnixTime> used;
};

struct Inventory {
    std::vector<KeptArtifact> whole;
    std::vector<base::Digest> partial;
};

struct CleanupPolicy {
    std::map<std::string, std::int64_t> keep; ///< By component: how many of its last artifacts.
    std::uint64_t keep_size = 0;              ///< Bytes of the whole store.
};

struct Drop {
    base::Digest digest;
    std::vector<std::string> components; ///< That used it.
    std::string why;

    bool operator==(const Drop&) const = default;
};

/// In this order: broken-off fetches that nobody waits for; artifacts that are not among the last
/// `keep` of any component, those used longest ago first; then, while the store has more than
/// keep_size, the one used longest ago. Never what is in use; nor for its size alone the newest of
/// a component beside those in use, if it keeps two or more: that is what a rollback goes to. Pure.
std::vector<Drop> what_to_drop(const Inventory& inventory, const std::set<base::Digest>& in_use,
                               const CleanupPolicy& policy);

} // namespace cmw::binary_store
