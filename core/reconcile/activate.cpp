// SPDX-License-Identifier: Apache-2.0
//
// The one step that stops a program. What takes long comes before the stop or after the start; in
// between lie the stop itself, a link and a rename for each file, and the start.
#include "base/system.hpp"
#include "reconcile/board.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>
#include <iterator>

namespace cmw::reconcile {

using base::Problem;
using base::Result;
using binary_store::VerifiedFile;

namespace {

/// Calls `then` when it has been called as often as was expected: for steps done side by side.
class Barrier {
  public:
    Barrier(std::size_t expected, std::function<void(std::optional<Problem>)> then)
        : waiting_(expected), then_(std::move(then)) {}

    void arrive(const Result<>& result) {
        if (!result && !first_problem_) first_problem_ = result.error();
        if (--waiting_ == 0) then_(first_problem_);
    }

  private:
    std::size_t waiting_;
    std::optional<Problem> first_problem_;
    std::function<void(std::optional<Problem>)> then_;
};

class Activation : public std::enable_shared_from_this<Activation> {
  public:
    Activation(std::shared_ptr<Board> board, Step step)
        : board_(std::move(board)), step_(std::move(step)) {}

    void begin();

  private:
    using Services = std::vector<std::string>;
    using Next = std::function<void(std::optional<Problem>)>;

    void save_intent();
    void stop_services();
    void swap_files();
    void restore_files();
    void start_services();
    void started(const std::optional<Problem>& problem);
    void commit();
    void roll_back(const Problem& problem);
    void give_up(const Problem& problem);
    void finish(bool all_committed);
    void start_all(const Services& names, Next next);
    void note_swapped(const std::string& name);

    std::shared_ptr<Board> board_;
    Step step_;
    std::map<std::string, std::optional<Digest>> before_; ///< Of the changed components.
    std::vector<std::string> swapped_;
    base::Monotonic stopped_at_;
    base::Nanoseconds downtime_{};
};

void Activation::begin() {
    for (const auto& [name, digest] : step_.changes) {
        before_[name] = board_->component(name).installed;
        board_->component(name).busy = Busy::activating;
    }
    for (auto& service : board_->facts.services) {
        const bool ours = std::ranges::count(step_.starts, service.name) != 0 ||
                          std::ranges::count(step_.restarts, service.name) != 0;
        if (ours) service.busy = true;
    }
    using Checks = std::map<std::string, Result<std::optional<VerifiedFile>>>;
    std::vector<std::pair<std::string, binary_store::Target>> targets;
    for (const auto& [name, digest] : step_.changes)
        targets.emplace_back(name, board_->components.at(name).target);
    const auto changes = step_.changes;
    board_->on_worker<Checks>(
        [store = board_->parts.store, targets, changes] {
            Checks checks;
            for (const auto& [name, target] : targets)
                checks.emplace(name, binary_store::verify_staged(store, target, changes.at(name)));
            return checks;
        },
        [self = shared_from_this()](const Checks& checks) {
            for (const auto& [name, check] : checks) {
                if (!check) return self->give_up(check.error());
                auto& work = self->board_->components.at(name);
                work.staged = *check;
                const bool good = *check && (*check)->digest == self->step_.changes.at(name);
                self->board_->component(name).staged =
                    good ? std::optional((*check)->digest) : std::nullopt;
                if (!good)
                    return self->give_up({work.target.path,
                                          "cannot activate the staged file: it was changed since "
                                          "it was verified",
                                          "it is staged anew"});
            }
            self->save_intent();
        });
}

/// Before anything is stopped, so that no write to the state lies in the downtime.
void Activation::save_intent() {
    for (const auto& [name, digest] : step_.changes) {
        board_->component(name).activating = digest;
        board_->save(name);
    }
    for (const auto& name : step_.starts) {
        auto& record = board_->services.at(name).record;
        const auto& service = board_->service(name);
        for (const auto& part : service.components) {
            const auto change = step_.changes.find(part);
            const auto& installed = board_->component(part).installed;
            record.runs_next[part] = change != step_.changes.end() ? change->second.name()
                                     : installed                   ? installed->name()
                                                                   : "";
        }
        board_->save_service(name);
    }
    stop_services();
}

void Activation::stop_services() {
    if (step_.restarts.empty()) {
        stopped_at_ = base::monotonic_now();
        return swap_files();
    }
    const auto barrier = std::make_shared<Barrier>(
        step_.restarts.size(), [self = shared_from_this()](const std::optional<Problem>& problem) {
            self->stopped_at_ = base::monotonic_now();
            if (!problem) return self->swap_files();
            // One would not stop: the others go on as they were.
            self->start_all(self->step_.restarts,
                            [self, problem](auto) { self->give_up(*problem); });
        });
    for (const auto& name : step_.restarts)
        board_->services.at(name).service->stop(
            [barrier](const Result<>& stopped) { barrier->arrive(stopped); });
}

void Activation::swap_files() {
    for (const auto& [name, digest] : step_.changes) {
        const auto swapped = binary_store::swap(board_->components.at(name).target);
        if (!swapped) {
            restore_files();
            return start_all(step_.restarts, [self = shared_from_this(), problem = swapped.error()](
                                                 auto) { self->give_up(problem); });
        }
        swapped_.push_back(name);
        note_swapped(name);
    }
    start_services();
}

/// The file in place is the one that was staged: what was hashed then needs no second reading.
void Activation::note_swapped(const std::string& name) {
    auto& work = board_->components.at(name);
    auto& c = board_->component(name);
    c.installed = step_.changes.at(name);
    c.staged.reset();
    work.verified.reset();
    const auto now = base::sys::stat(work.target.path);
    if (!now || !work.staged) return;
    // The rename moved the change time, and nothing else.
    auto then = work.staged->identity;
    const auto identity = binary_store::identity_of(*now);
    then.ctime_ns = identity.ctime_ns;
    if (then == identity) work.swapped = identity;
}

void Activation::restore_files() {
    for (const auto& name : swapped_) {
        const auto& target = board_->components.at(name).target;
        const bool had_previous = before_.at(name).has_value();
        if (const auto restored = binary_store::restore(target, had_previous); !restored)
            board_->log(CMW_LEVEL_ERROR, base::to_string(restored.error()));
        board_->component(name).inspected = false; // What lies there now is looked at again.
        board_->components.at(name).verified.reset();
        board_->component(name).installed = before_.at(name);
    }
    swapped_.clear();
}

void Activation::start_services() {
    if (step_.starts.empty()) return commit();
    start_all(step_.starts, [self = shared_from_this()](const std::optional<Problem>& problem) {
        self->started(problem);
    });
}

void Activation::start_all(const Services& names, Next next) {
    if (board_->ending) return; // The next host finds what is swapped and what runs.
    Services wanted;            // The operator may have stopped one meanwhile.
    std::ranges::copy_if(names, std::back_inserter(wanted),
                         [this](const auto& name) { return board_->service(name).wanted; });
    if (wanted.empty()) return next(std::nullopt);
    const auto barrier = std::make_shared<Barrier>(wanted.size(), std::move(next));
    for (const auto& name : wanted)
        board_->services.at(name).service->start(
            [barrier](const Result<>& started) { barrier->arrive(started); });
}

void Activation::started(const std::optional<Problem>& problem) {
    downtime_ = base::monotonic_now() - stopped_at_;
    if (!problem) return commit();
    // With nothing that ran before there is nothing to go back to: the service tells its trouble.
    if (step_.restarts.empty() || swapped_.empty()) return commit();
    roll_back(*problem);
}

void Activation::commit() {
    std::vector<binary_store::Target> targets;
    for (const auto& name : swapped_) targets.push_back(board_->components.at(name).target);
    board_->on_worker<Result<>>(
        [targets]() -> Result<> {
            for (const auto& target : targets)
                if (const auto done = binary_store::commit(target); !done) return done;
            return {};
        },
        [self = shared_from_this()](const Result<>& committed) {
            if (!committed) self->board_->log(CMW_LEVEL_WARN, base::to_string(committed.error()));
            self->finish(true);
        });
}

/// The new set does not start and an old one did run: put it back. If the old one starts, it was
/// the new set's fault, and it is quarantined; otherwise the machine's, and it is tried again.
void Activation::roll_back(const Problem& problem) {
    for (const auto& name : step_.starts) {
        auto* service = board_->services.at(name).service;
        service->stop(); // It may be in back-off: no start of the new files any more.
    }
    restore_files();
    start_all(step_.restarts,
              [self = shared_from_this(), problem](const std::optional<Problem>& again) {
                  for (const auto& [name, digest] : self->step_.changes) {
                      auto& c = self->board_->component(name);
                      if (!again) c.quarantined.insert(digest);
                      self->board_->remember({0,
                                              {},
                                              "component",
                                              name,
                                              "rolled-back",
                                              digest.hex(),
                                              c.installed ? c.installed->hex() : "",
                                              base::to_string(problem)});
                  }
                  self->give_up(problem);
              });
}

void Activation::give_up(const Problem& problem) {
    for (const auto& [name, digest] : step_.changes) board_->failed(name, problem);
    finish(false);
}

void Activation::finish(bool all_committed) {
    const auto milliseconds = std::chrono::duration<double, std::milli>(downtime_).count();
    const auto why = step_.restarts.empty()
                         ? std::string("no program had to be stopped")
                         : fmt::format("{:.1f} ms from the stop to the start", milliseconds);
    for (const auto& [name, digest] : step_.changes) {
        auto& c = board_->component(name);
        c.activating.reset();
        if (all_committed) {
            board_->succeeded(name);
            note_activated(c, digest);
            note_use(board_, name, digest);
            const auto& before = before_.at(name);
            board_->remember({0,
                              {},
                              "component",
                              name,
                              "activated",
                              before ? before->hex() : "",
                              digest.hex(),
                              why});
            board_->log(CMW_LEVEL_INFO,
                        fmt::format("{}: {} is active, {}", name, digest.hex(), why));
        }
        board_->save(name);
    }
    for (auto& service : board_->facts.services)
        if (std::ranges::count(step_.starts, service.name) != 0 ||
            std::ranges::count(step_.restarts, service.name) != 0)
            service.busy = false;
    if (all_committed) cleanup(board_);
    board_->replan();
}

} // namespace

void activate(const std::shared_ptr<Board>& board, const Step& step) {
    std::make_shared<Activation>(board, step)->begin();
}

} // namespace cmw::reconcile
