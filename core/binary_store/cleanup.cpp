// SPDX-License-Identifier: Apache-2.0
#include "binary_store/cleanup.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::binary_store {

using namespace base;

namespace {

using Digests = std::set<Digest>;

UnixTime last_use(const KeptArtifact& artifact) {
    UnixTime last{};
    for (const auto& [component, time] : artifact.used) last = std::max(last, time);
    return last;
}

/// The artifacts of a component, the one used last first.
std::vector<Digest> generations(const Inventory& inventory, const std::string& component) {
    std::vector<std::pair<UnixTime, Digest>> used;
    for (const auto& artifact : inventory.whole)
        if (const auto use = artifact.used.find(component); use != artifact.used.end())
            used.emplace_back(use->second, artifact.digest);
    std::ranges::sort(used, std::greater{});
    std::vector<Digest> digests;
    for (auto& [time, digest] : used) digests.push_back(std::move(digest));
    return digests;
}

/// What the policy keeps beside what is in use.
struct Worth {
    Digests kept;     ///< Among the last of some component.
    Digests rollback; ///< What each component would go back to.
};

Worth worth_keeping(const Inventory& inventory, const Digests& in_use,
                    const CleanupPolicy& policy) {
    Worth worth;
    for (const auto& [component, keep] : policy.keep) {
        auto last = generations(inventory, component);
        last.resize(
            std::min(last.size(), static_cast<std::size_t>(std::max<std::int64_t>(keep, 0))));
        worth.kept.insert(last.begin(), last.end());
        const auto back = std::ranges::find_if(
            last, [&](const auto& digest) { return !in_use.contains(digest); });
        if (keep >= 2 && back != last.end()) worth.rollback.insert(*back);
    }
    return worth;
}

Drop drop(const KeptArtifact& artifact, std::string why) {
    Drop dropped{artifact.digest, {}, std::move(why)};
    for (const auto& [component, time] : artifact.used) dropped.components.push_back(component);
    return dropped;
}

} // namespace

std::vector<Drop> what_to_drop(const Inventory& inventory, const Digests& in_use,
                               const CleanupPolicy& policy) {
    std::vector<Drop> drops;
    for (const auto& digest : inventory.partial)
        if (!in_use.contains(digest))
            drops.push_back({digest, {}, "its fetch broke off, and nothing waits for it"});

    const auto worth = worth_keeping(inventory, in_use, policy);
    auto oldest_first = inventory.whole;
    std::ranges::stable_sort(oldest_first, {}, last_use);
    std::uint64_t total = 0;
    std::vector<const KeptArtifact*> remaining;
    for (const auto& artifact : oldest_first) {
        if (in_use.contains(artifact.digest) || worth.kept.contains(artifact.digest)) {
            total += artifact.size;
            remaining.push_back(&artifact);
        } else {
            drops.push_back(drop(artifact, "newer ones took its place"));
        }
    }
    for (const auto* artifact : remaining) {
        if (total <= policy.keep_size) break;
        if (in_use.contains(artifact->digest) || worth.rollback.contains(artifact->digest))
            continue;
        drops.push_back(
            drop(*artifact, fmt::format("the store had {}, keep-size is {}", format_size(total),
                                        format_size(policy.keep_size))));
        total -= artifact->size;
    }
    return drops;
}

} // namespace cmw::binary_store
