// SPDX-License-Identifier: Apache-2.0
//
// The steps that stop nothing: inspect, fetch, stage, and the check before a start.
#include "base/system.hpp"
#include "reconcile/board.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Problem;
using base::Result;
using binary_store::Store;
using binary_store::VerifiedFile;

namespace {

struct Inspection {
    Result<std::optional<VerifiedFile>> installed;
    Result<std::optional<VerifiedFile>> staged;
    Result<std::vector<Digest>> stored;
    std::optional<Problem> import_problem;
};

std::optional<Digest> digest_in(const std::optional<VerifiedFile>& file) {
    return file ? std::optional(file->digest) : std::nullopt;
}

/// What was there before us, if it is the approved one, goes into the store, so that it can be put
/// back when the installed file is damaged and nobody can be asked.
Inspection look(const Store& store, const std::string& component,
                const binary_store::Target& target, const std::optional<Digest>& approved) {
    Inspection found{binary_store::verify_installed(store, target, approved),
                     binary_store::verify_staged(store, target, approved),
                     store.kept(),
                     {}};
    const bool is_approved =
        found.installed && *found.installed && digest_in(*found.installed) == approved;
    if (is_approved && target.unpack.empty() && !store.has(*approved)) {
        const auto imported = store.import(target.path, *approved);
        if (!imported) found.import_problem = imported.error();
        found.stored = store.kept();
    }
    if (is_approved && store.has(*approved)) {
        const auto noted = store.uses().note(*approved, component);
        if (!noted) found.import_problem = noted.error();
    }
    const bool needless = found.installed && found.staged && *found.staged &&
                          digest_in(*found.installed) == digest_in(*found.staged);
    if (needless && binary_store::unstage(target)) found.staged = std::nullopt;
    return found;
}

void take(Board& board, const std::string& name, Inspection found) {
    auto& c = board.component(name);
    auto& work = board.components.at(name);
    if (!found.installed) return board.failed(name, found.installed.error());
    if (!found.stored) return board.failed(name, found.stored.error());
    if (found.import_problem)
        board.log(CMW_LEVEL_WARN, fmt::format("{}: {}", name, to_string(*found.import_problem)));
    work.verified = *found.installed;
    work.staged = found.staged ? *found.staged : std::nullopt; // A broken one is staged anew.
    c.installed = digest_in(work.verified);
    c.staged = digest_in(work.staged);
    c.stored = {found.stored->begin(), found.stored->end()};
    c.inspected = true;
    board.note_in_place(name);
    board.succeeded(name);
    board.replan();
}

} // namespace

void inspect(const std::shared_ptr<Board>& board, const std::string& name) {
    auto& c = board->component(name);
    c.busy = Busy::inspecting;
    board->on_worker<Inspection>(
        [store = board->parts.store, name, target = board->components.at(name).target,
         approved = expected(c)] { return look(store, name, target, approved); },
        [&board = *board, name](Inspection found) { take(board, name, std::move(found)); });
}

void fetch(const std::shared_ptr<Board>& board, const std::string& name, const Digest& digest) {
    // Two components may come out of one archive. When the other's fetch ends there is a new plan.
    if (board->is_fetching(digest)) return;
    auto& c = board->component(name);
    auto& work = board->components.at(name);
    auto* source = board->parts.sources.at(work.settings->from.instance);
    c.busy = Busy::fetching;
    work.news_of_source = false;
    work.fetching = digest;
    work.progress = std::make_shared<binary_store::Progress>();
    auto sink = board->parts.store.receive(digest, work.settings->max_size, work.progress);
    board->log(CMW_LEVEL_INFO, fmt::format("{}: fetching {}", name, digest.hex()));
    source->fetch({digest, work.settings->field, locations_of(c, digest)},
                  work.settings->from.options, std::move(sink),
                  [weak = std::weak_ptr(board), name,
                   digest](tl::expected<void, plugin_host::Failure> outcome) {
                      const auto alive = Board::open(weak);
                      if (!alive) return;
                      auto& parts = alive->components.at(name);
                      const bool mistaken = parts.progress && parts.progress->mistaken;
                      parts.progress.reset();
                      parts.fetching.reset();
                      if (!outcome)
                          return alive->failed(name,
                                               {"binary-source." + parts.settings->from.instance,
                                                outcome.error().text, ""},
                                               mistaken ? Board::Again::much_later
                                                        : Board::Again::soon);
                      for (auto& any : alive->facts.components) any.stored.insert(digest);
                      note_use(alive, name, digest);
                      alive->remember({0,
                                       {},
                                       "component",
                                       name,
                                       "fetched",
                                       "",
                                       digest.hex(),
                                       "from " + parts.settings->from.instance});
                      alive->succeeded(name);
                      alive->replan();
                  });
}

void stage(const std::shared_ptr<Board>& board, const std::string& name, const Digest& digest) {
    board->component(name).busy = Busy::staging;
    using Staged = Result<std::optional<VerifiedFile>>;
    board->on_worker<Staged>(
        [store = board->parts.store, target = board->components.at(name).target,
         digest]() -> Staged {
            if (const auto staged = binary_store::stage(store, digest, target); !staged) {
                // What is kept may no longer be what it was: then it is fetched again.
                const auto kept = binary_store::verify(store.path(digest), digest.algorithm);
                if (kept && digest_in(*kept) != digest) (void)store.remove(digest);
                return tl::unexpected(staged.error());
            }
            return binary_store::verify_staged(store, target, digest);
        },
        [&board = *board, name, digest](Staged staged) {
            auto& c = board.component(name);
            if (!board.parts.store.has(digest)) c.stored.erase(digest);
            auto& work = board.components.at(name);
            const bool unpacked = !work.target.unpack.empty();
            if (!staged)
                return board.failed(name, staged.error(),
                                    unpacked ? Board::Again::much_later : Board::Again::soon);
            work.staged = *staged;
            c.staged = digest_in(*staged);
            // Only now it is known what the archive holds: it may be what is installed.
            if (unpacked) c.inspected = false;
            board.succeeded(name);
            board.replan();
        });
}

void verify_service(const std::shared_ptr<Board>& board, const std::string& name,
                    std::function<void(Result<>)> done) {
    using Found = std::map<std::string, Result<std::optional<VerifiedFile>>>;
    struct Unknown {
        std::string part;
        binary_store::Target target;
        std::optional<Digest> expected;
    };
    std::vector<Unknown> unknown;
    for (const auto& part : board->service(name).components) {
        auto& work = board->components.at(part);
        const auto now = base::sys::stat(work.target.path);
        const auto identity = now ? std::optional(binary_store::identity_of(*now)) : std::nullopt;
        const bool just_swapped = identity && work.swapped == identity;
        work.swapped.reset();
        const bool unchanged =
            identity && work.verified && still_verified(*work.verified, *identity);
        if (!just_swapped && !unchanged)
            unknown.push_back({part, work.target, expected(board->component(part))});
    }
    const auto decide = [&board = *board, name, done](const Found& found) {
        for (const auto& [part, file] : found) {
            if (!file) return done(tl::unexpected(file.error()));
            board.components.at(part).verified = *file;
            board.component(part).installed = digest_in(*file);
        }
        const auto reason = why_not_startable(board.facts, board.service(name));
        board.replan();
        if (reason.empty()) return done({});
        done(base::fail("service." + name, "cannot start it: " + reason,
                        "it starts as soon as the approved file is in place"));
    };
    if (unknown.empty()) return decide({});
    board->on_worker<Found>(
        [store = board->parts.store, unknown] {
            Found found;
            for (const auto& [part, target, expected] : unknown)
                found.emplace(part, binary_store::verify_installed(store, target, expected));
            return found;
        },
        decide);
}

} // namespace cmw::reconcile
