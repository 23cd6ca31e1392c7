// SPDX-License-Identifier: Apache-2.0
//
// What an earlier host left on trial is taken up.
#include "reconcile/activation.hpp"

#include <fmt/format.h>

namespace cmw::reconcile {

using supervisor::ServiceState;

namespace {

/// A program that takes the machine down with it would be tried for ever.
constexpr std::int64_t starts_limit = 3;

/// Nothing came of it, or nobody is left to judge it.
void drop(Board& board, const std::string& name) {
    const auto changes = board.trials.at(name).changes;
    board.end_trial(name);
    for (const auto& [component, digests] : changes) {
        if (board.facts.component(component) == nullptr) continue;
        board.component(component).activating.reset();
        board.note_in_place(component);
        board.save(component);
    }
}

} // namespace

/// All its files are in place, or the set goes back; whether its programs run is seen now.
void Activation::resume(const std::string& name) {
    trial_ = name;
    auto& trial = board_->trials.at(name);
    bool committed = trial.failed.empty();
    for (const auto& [component, digests] : trial.changes) {
        const auto& c = board_->component(component);
        const auto after = *base::parse_digest_name(digests.after);
        set_[component] = change_of(component, base::parse_digest_name(digests.before), after,
                                    c.installed == after);
        committed &= c.activated == after && !c.activating;
    }
    bool all_run = true;
    for (const auto& [service, output] : trial.services) {
        judged_.push_back(service);
        board_->services.at(service).service->output_since(output.stdout_at, output.stderr_at);
        all_run &= board_->service(service).state == ServiceState::running;
    }
    step_.starts = step_.restarts = judged_;
    take_up();
    if (committed) return commit(); // Its host was killed just before it had ended the trial.
    if (!trial.failed.empty()) return put_back({"", trial.failed, ""});
    if (!all_run && ++trial.starts > starts_limit)
        return roll_back({judged_.front(),
                          fmt::format("cannot get through its first {} starts: the host ended with "
                                      "each",
                                      starts_limit),
                          ""});
    if (!all_run) board_->save_trial(name, trial);
    start_services();
}

void resume_trials(const std::shared_ptr<Board>& board) {
    const auto known = board->trials;
    for (const auto& [name, trial] : known) {
        if (board->taken_up.contains(name)) continue;
        const auto ready_component = [&](const auto& entry) {
            const auto* c = board->facts.component(entry.first);
            return c == nullptr || (c->inspected && c->busy == Busy::no);
        };
        const auto ready_service = [&](const auto& entry) {
            const auto* service = board->facts.service(entry.first);
            return service == nullptr || (service->adopted && !service->busy);
        };
        if (!std::ranges::all_of(trial.changes, ready_component) ||
            !std::ranges::all_of(trial.services, ready_service))
            continue;
        board->taken_up.insert(name);
        const auto all_are = [&](auto member) {
            return std::ranges::all_of(trial.changes, [&](const auto& entry) {
                const auto* c = board->facts.component(entry.first);
                return c != nullptr &&
                       (c->installed ? c->installed->name() : "") == entry.second.*member;
            });
        };
        const bool services_known = std::ranges::all_of(trial.services, [&](const auto& entry) {
            return board->facts.service(entry.first) != nullptr;
        });
        const bool components_known = std::ranges::all_of(trial.changes, [&](const auto& entry) {
            return board->facts.component(entry.first) != nullptr;
        });
        if (!services_known || !components_known || trial.services.empty() ||
            (trial.failed.empty() && all_are(&state::TrialRecord::Change::before)))
            drop(*board, name);
        else if (!trial.failed.empty() || all_are(&state::TrialRecord::Change::after))
            std::make_shared<Activation>(board, Step{})->resume(name);
    }
}

} // namespace cmw::reconcile
