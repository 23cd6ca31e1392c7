// SPDX-License-Identifier: Apache-2.0
//
// The one step that stops a program. What takes long comes before the stop or after the start; in
// between lie the stop itself, a link and a rename for each file, and the start.
#include "base/system.hpp"
#include "reconcile/activation.hpp"
#include "supervisor/output_pattern.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>
#include <iterator>

namespace cmw::reconcile {

using base::Problem;
using base::Result;
using binary_store::VerifiedFile;
using supervisor::ServiceState;

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

/// Whether it is as good as can be told: then it is the new files' fault if it is not any more.
/// `proven`: what it would start with was activated once. A host that was killed after the stop
/// leaves it down with such files.
bool was_well(const supervisor::ServiceStatus& status, bool proven) {
    if (status.state == ServiceState::running) return status.health != "failing";
    return proven &&
           (status.state == ServiceState::stopped || status.state == ServiceState::waiting);
}

} // namespace

void Activation::begin() {
    for (const auto& [name, digest] : step_.changes)
        set_[name] = change_of(name, board_->component(name).installed, digest, false);
    join_trial();
    take_up();
    if (!trial_.empty()) return check_staged(); // Hooks and trial runs lie behind this set.
    run_hooks_before();
}

Activation::Change Activation::change_of(const std::string& component, std::optional<Digest> before,
                                         Digest after, bool swapped) const {
    const bool repairs = after == board_->component(component).activated;
    return {std::move(before), std::move(after), swapped, repairs};
}

/// A host that was killed between two swaps has left a trial: this completes its set. With any
/// other set there is nothing proven to go back to.
void Activation::join_trial() {
    for (const auto& [name, trial] : board_->trials) {
        const bool ours = std::ranges::any_of(
            trial.changes, [&](const auto& change) { return set_.contains(change.first); });
        if (!ours) continue;
        const bool completes = std::ranges::all_of(trial.changes, [&](const auto& change) {
            const auto& [component, digests] = change;
            const auto mine = set_.find(component);
            const auto& installed = board_->component(component).installed;
            return digests.after ==
                   (mine == set_.end() ? name_of(installed) : mine->second.after.name());
        });
        if (!completes) return board_->end_trial(name);
        trial_ = name;
        for (const auto& [component, digests] : trial.changes)
            set_.try_emplace(component,
                             change_of(component, base::parse_digest_name(digests.before),
                                       *base::parse_digest_name(digests.after), true));
        for (const auto& [service, output] : trial.services) judged_.push_back(service);
        return;
    }
}

void Activation::take_up() {
    for (const auto& [name, change] : set_) board_->component(name).busy = Busy::activating;
    for (auto& service : board_->facts.services) {
        const bool ours = std::ranges::count(step_.starts, service.name) != 0 ||
                          std::ranges::count(step_.restarts, service.name) != 0;
        if (ours) service.busy = true;
    }
}

Activation::Services Activation::services_of_the_set() const {
    Services names;
    for (const auto& service : board_->facts.services) {
        const bool uses = std::ranges::any_of(
            service.components, [this](const auto& name) { return set_.contains(name); });
        if (uses) names.push_back(service.name);
    }
    return names;
}

/// Hooks may take minutes: is the set that was planned still what is to be?
bool Activation::still_wanted() const {
    return std::ranges::all_of(set_, [this](const auto& entry) {
        const auto& c = board_->component(entry.first);
        return desired(c) == entry.second.after || c.activated == entry.second.after;
    });
}

void Activation::check_staged() {
    using Checks = std::map<std::string, Result<std::optional<VerifiedFile>>>;
    std::vector<std::pair<std::string, binary_store::Target>> targets;
    for (const auto& [name, digest] : step_.changes)
        targets.emplace_back(name, board_->components.at(name).target);
    board_->on_worker<Checks>(
        [store = board_->parts.store, targets, changes = step_.changes] {
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
            if (!self->trial_.empty()) return self->save_intent();
            self->run_probes();
        });
}

/// Before anything is stopped, so that no write to the state lies in the downtime.
void Activation::save_intent() {
    if (board_->ending) return;
    if (!still_wanted()) return abandon();
    if (trial_.empty() && !set_.empty()) {
        state::TrialRecord trial;
        const bool proven = std::ranges::all_of(set_, [this](const auto& entry) {
            return entry.second.before &&
                   entry.second.before == board_->component(entry.first).activated;
        });
        for (const auto& name : services_upgraded()) {
            const auto& service = *board_->services.at(name).service;
            if (std::ranges::count(step_.starts, name) == 0 ||
                !was_well(service.status(), proven) ||
                upgrade_window(service.settings()).count() == 0)
                continue;
            judged_.push_back(name);
            trial.services[name] = {supervisor::file_size(service.settings().output_path),
                                    supervisor::file_size(service.settings().error_path)};
        }
        for (const auto& [name, change] : set_)
            trial.changes[name] = {name_of(change.before), change.after.name()};
        trial.starts = 1;
        if (!judged_.empty()) {
            trial_ = set_.begin()->first;
            board_->save_trial(trial_, trial);
        }
    }
    for (const auto& [name, digest] : step_.changes) board_->component(name).activating = digest;
    if (!step_.changes.empty()) board_->save(names());
    for (const auto& name : step_.starts) {
        auto& record = board_->services.at(name).record;
        for (const auto& part : board_->service(name).components) {
            const auto change = set_.find(part);
            record.runs_next[part] = change != set_.end()
                                         ? change->second.after.name()
                                         : name_of(board_->component(part).installed);
        }
        board_->save_service(name);
    }
    stop_services();
}

void Activation::stop_services() {
    stop_all(step_.restarts, [self = shared_from_this()](const std::optional<Problem>& problem) {
        if (!problem) return self->swap_files();
        // One would not stop: the others go on as they were.
        self->start_all(self->step_.restarts, [self, problem](auto) {
            self->up_again();
            self->give_up(*problem);
        });
    });
}

void Activation::swap_files() {
    for (const auto& [name, digest] : step_.changes) {
        const auto swapped = binary_store::swap(board_->components.at(name).target);
        if (!swapped) {
            restore_files();
            return start_all(step_.restarts,
                             [self = shared_from_this(), problem = swapped.error()](auto) {
                                 self->up_again();
                                 self->give_up(problem);
                             });
        }
        set_.at(name).swapped = true;
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

void Activation::start_services() {
    start_all(step_.starts, [self = shared_from_this()](const std::optional<Problem>& problem) {
        self->up_again();
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

void Activation::down() {
    if (down_since_) return;
    down_since_ = base::monotonic_now();
    board_->hold_history();
}

void Activation::up_again() {
    if (!down_since_) return;
    downtime_ = base::monotonic_now() - *down_since_;
    down_since_.reset();
    board_->release_history();
}

/// Down from the first end on.
void Activation::stop_all(const Services& names, Next next) {
    if (names.empty()) return next(std::nullopt);
    const auto barrier = std::make_shared<Barrier>(names.size(), std::move(next));
    for (const auto& name : names)
        board_->services.at(name).service->stop(
            [barrier, self = shared_from_this()](const Result<>& stopped) {
                self->down();
                barrier->arrive(stopped);
            });
}

void activate(const std::shared_ptr<Board>& board, const Step& step) {
    std::make_shared<Activation>(board, step)->begin();
}

} // namespace cmw::reconcile
