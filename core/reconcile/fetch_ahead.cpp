// SPDX-License-Identifier: Apache-2.0
//
// Step::Do::fetch_ahead: what may be wanted later is brought into the store. A failure delays
// nothing but its own repetition: what is announced may well be nowhere to be had yet.
#include "reconcile/board.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

namespace {

void ended(const std::shared_ptr<Board>& shared, const std::string& name, const Digest& digest,
           const tl::expected<void, plugin_host::Failure>& outcome) {
    auto& board = *shared;
    auto& c = board.component(name);
    auto& work = board.components.at(name);
    c.ahead.reset();
    if (outcome) {
        work.ahead_failures = 0;
        c.ahead_not_before = {};
        for (auto& any : board.facts.components) any.stored.insert(digest);
        note_use(shared, name, digest);
        board.remember({0,
                        {},
                        "component",
                        name,
                        "fetched-ahead",
                        "",
                        digest.hex(),
                        "from " + work.settings->from.instance});
    } else {
        const double part = std::generate_canonical<double, 20>(board.random);
        c.ahead_not_before =
            base::monotonic_now() + board.ahead_backoff.delay(++work.ahead_failures, part);
        board.log(CMW_LEVEL_INFO, fmt::format("{}: cannot fetch {} ahead yet: {}", name,
                                              digest.hex(), outcome.error().text));
    }
    board.replan();
}

} // namespace

void fetch_ahead(const std::shared_ptr<Board>& board, const std::string& name,
                 const Digest& digest) {
    if (board->is_fetching(digest)) return;
    auto& c = board->component(name);
    const auto& settings = *board->components.at(name).settings;
    c.ahead = digest;
    board->log(CMW_LEVEL_INFO, fmt::format("{}: fetching {} ahead", name, digest.hex()));
    board->parts.sources.at(settings.from.instance)
        ->fetch({digest, settings.field, locations_of(c, digest)}, settings.from.options,
                board->parts.store.receive(digest, settings.max_size, nullptr),
                [weak = std::weak_ptr(board), name,
                 digest](const tl::expected<void, plugin_host::Failure>& outcome) {
                    if (const auto alive = Board::open(weak)) ended(alive, name, digest, outcome);
                });
}

} // namespace cmw::reconcile
