// SPDX-License-Identifier: Apache-2.0
//
// What the store may drop, told from the facts; the dropping is done on the worker.
#include "binary_store/cleanup.hpp"

#include "reconcile/board.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Result;
using binary_store::Drop;
using binary_store::Store;

namespace {

binary_store::CleanupPolicy policy_of(const config::Settings& settings) {
    binary_store::CleanupPolicy policy;
    policy.keep_size = static_cast<std::uint64_t>(settings.host.keep_size);
    for (const auto& component : settings.components) policy.keep[component.name] = component.keep;
    return policy;
}

/// What was dropped before a problem was met is told all the same.
struct Dropped {
    std::vector<Drop> drops;
    std::optional<base::Problem> problem;
};

Dropped clean(const Store& store, const std::set<Digest>& in_use,
              const binary_store::CleanupPolicy& policy) {
    const auto inventory = store.inventory();
    if (!inventory) return {{}, inventory.error()};
    Dropped dropped;
    for (auto& drop : binary_store::what_to_drop(*inventory, in_use, policy)) {
        if (const auto removed = store.remove(drop.digest); !removed) {
            dropped.problem = removed.error();
            break;
        }
        dropped.drops.push_back(std::move(drop));
    }
    return dropped;
}

void tell(Board& board, const Drop& drop) {
    const auto hex = drop.digest.hex();
    board.log(CMW_LEVEL_INFO, fmt::format("the store dropped {}: {}", hex, drop.why));
    if (drop.components.empty()) board.remember({0, {}, "host", "", "dropped", hex, "", drop.why});
    for (const auto& component : drop.components)
        board.remember({0, {}, "component", component, "dropped", hex, "", drop.why});
    for (auto& c : board.facts.components) c.stored.erase(drop.digest);
}

} // namespace

std::set<Digest> in_use(const Board& board) {
    std::set<Digest> used;
    const auto add = [&used](const std::optional<Digest>& digest) {
        if (digest) used.insert(*digest);
    };
    for (const auto& c : board.facts.components) {
        for (const auto& digest :
             {c.approved, c.activated, c.activating, c.installed, c.staged, desired(c), c.ahead,
              c.orders.pinned, c.orders.held, c.orders.returned})
            add(digest);
        for (const auto& one : c.announced) add(one.artifact.digest);
    }
    for (const auto& service : board.facts.services)
        for (const auto& [component, digest] : service.runs) add(digest);
    for (const auto& [name, work] : board.services)
        for (const auto& [component, digest] : work.record.runs_next)
            add(base::parse_digest_name(digest));
    return used;
}

void cleanup(const std::shared_ptr<Board>& board) {
    board->on_worker<Dropped>(
        [store = board->parts.store, used = in_use(*board),
         policy = policy_of(board->parts.settings)] { return clean(store, used, policy); },
        [&board = *board](const Dropped& dropped) {
            for (const auto& drop : dropped.drops) tell(board, drop);
            if (dropped.problem) board.log(CMW_LEVEL_WARN, to_string(*dropped.problem));
        });
}

void note_use(const std::shared_ptr<Board>& board, const std::string& component,
              const Digest& digest) {
    board->on_worker<Result<>>([store = board->parts.store, component,
                                digest] { return store.uses().note(digest, component); },
                               [&board = *board](const Result<>& noted) {
                                   if (!noted) board.log(CMW_LEVEL_WARN, to_string(noted.error()));
                               });
}

} // namespace cmw::reconcile
