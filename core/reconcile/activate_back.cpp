// SPDX-License-Identifier: Apache-2.0
//
// The ways in which an activation ends: put back, given up, finished.
#include "reconcile/activation.hpp"
#include "reconcile/quarantine.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Problem;
using base::Result;

/// Decided, and known before the first file moves: whatever happens now, the set goes back, and is
/// not tried again until the chain names another or the operator says so.
void Activation::roll_back(const Problem& problem) {
    const auto words = base::to_string(problem);
    board_->log(CMW_LEVEL_ERROR, words + "; the files before are put back");
    quarantine_set();
    auto& trial = board_->trials[trial_];
    trial.failed = words;
    board_->save_trial(trial_, trial);
    put_back(problem);
}

/// As one, and known as one: half of it in quarantine would let the other half be activated alone.
void Activation::quarantine_set() {
    std::map<std::string, Digest> set;
    for (const auto& [name, change] : set_)
        if (!change.repairs) set.emplace(name, change.after);
    quarantine(board_->facts, set, Quarantine::Cause::failed);
    board_->save(names());
}

void Activation::put_back(const Problem& problem) {
    watching_ = false;
    stop_all(judged_, [self = shared_from_this(), problem](auto) {
        self->restore_files();
        self->start_all(self->judged_, [self, problem](const std::optional<Problem>& again) {
            self->up_again();
            self->rolled_back(problem, again);
        });
    });
}

void Activation::restore_files() {
    for (auto& [name, change] : set_) {
        if (!change.swapped || change.repairs) continue;
        const auto& target = board_->components.at(name).target;
        auto& c = board_->component(name);
        const auto restored = binary_store::restore(target, change.before.has_value());
        if (!restored) board_->log(CMW_LEVEL_ERROR, base::to_string(restored.error()));
        change.swapped = !restored;         // What is not back now is brought back from the store.
        c.inspected = restored.has_value(); // It is hashed before the start.
        if (restored) c.installed = change.before;
        board_->components.at(name).verified.reset();
        board_->components.at(name).swapped.reset();
    }
    keep_repairs();
}

/// If the old program starts it was the new set's fault; otherwise the machine's, and the set is
/// tried again, later and later.
void Activation::rolled_back(const Problem& problem, const std::optional<Problem>& again) {
    const bool all_back =
        std::ranges::none_of(set_, [](const auto& entry) { return entry.second.swapped; });
    const bool machine = again && all_back;
    auto words = base::to_string(problem);
    if (!downtime_) words += "; " + down_for();
    if (again) words += "; what was before does not start either: " + base::to_string(*again);
    for (const auto& [name, change] : set_) {
        auto& c = board_->component(name);
        if (change.repairs) continue;
        if (machine) end_quarantine(board_->facts, name, change.after);
        c.activating.reset();
        c.problem = words;
        board_->remember({.time = {},
                          .kind = "component",
                          .name = name,
                          .event = "rolled-back",
                          .from = change.after.hex(),
                          .to = hex_of(change.before),
                          .why = words,
                          .downtime = downtime_});
    }
    board_->save(names());
    board_->end_trial(trial_);
    if (machine) return give_up(problem);
    abandon();
}

/// The set went back; what was damaged before stays whole.
void Activation::keep_repairs() {
    for (auto& [name, change] : set_) {
        if (!change.repairs) continue;
        board_->component(name).activating.reset();
        if (!std::exchange(change.swapped, false)) continue;
        board_->on_worker<Result<>>(
            [target = board_->components.at(name).target] { return binary_store::commit(target); },
            [board = board_](const Result<>& kept) {
                if (!kept) board->log(CMW_LEVEL_WARN, base::to_string(kept.error()));
            });
    }
}

std::set<std::string> Activation::names() const {
    std::set<std::string> all;
    for (const auto& [name, change] : set_) all.insert(name);
    return all;
}

void Activation::give_up(const Problem& problem) {
    for (const auto& [name, change] : set_) board_->failed(name, problem);
    abandon();
}

/// Nothing has become of it, and the plan is made anew.
void Activation::abandon() {
    const bool part_of_it =
        std::ranges::any_of(set_, [](const auto& entry) { return entry.second.swapped; });
    for (const auto& [name, change] : set_) {
        auto& c = board_->component(name);
        c.busy = Busy::no;
        if (part_of_it || !c.activating) continue;
        c.activating.reset();
        board_->save(name);
    }
    if (!part_of_it) board_->end_trial(trial_);
    finish();
}

void Activation::finish() {
    watching_ = false;
    timer_.reset();
    for (const auto& name : judged_) {
        auto& work = board_->services.at(name);
        work.on_change = {};
        work.window_end.reset();
        // The restart policy is in force again.
        if (board_->service(name).wanted && !board_->ending) work.service->start();
    }
    for (auto& service : board_->facts.services)
        if (std::ranges::count(step_.starts, service.name) != 0 ||
            std::ranges::count(step_.restarts, service.name) != 0)
            service.busy = false;
    board_->replan();
}

void Activation::tell(const std::string& name, const std::string& event, const std::string& why) {
    const auto& change = set_.at(name);
    board_->remember({.time = {},
                      .kind = "component",
                      .name = name,
                      .event = event,
                      .from = hex_of(change.before),
                      .to = change.after.hex(),
                      .why = why,
                      .downtime = downtime_});
}

std::string Activation::down_for() const {
    if (!downtime_) return "how long it was down is not known: the host ended on the way";
    return fmt::format("down for {:.1f} ms",
                       std::chrono::duration<double, std::milli>(*downtime_).count());
}

} // namespace cmw::reconcile
