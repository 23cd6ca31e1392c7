// SPDX-License-Identifier: Apache-2.0
//
// A set of files in use for the first time: on trial for a window, then committed or put back.
#include "base/system.hpp"
#include "reconcile/activation.hpp"
#include "supervisor/last_lines.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Problem;
using base::Result;
using supervisor::ServiceState;

void Activation::started(const std::optional<Problem>& problem) {
    if (board_->ending) return;
    // With nothing to go back to the service tells.
    if (judged_.empty()) return commit();
    if (problem) return roll_back(*problem);
    watch();
}

/// In the window the restart policy rests: one end is enough to judge by.
void Activation::watch() {
    watching_ = true;
    for (const auto& name : judged_) {
        auto& work = board_->services.at(name);
        if (!board_->service(name).wanted) continue;
        work.service->hold_back("its new files are on trial");
        work.on_change = [self = shared_from_this()] {
            self->board_->parts.loop.post([self] { self->judge(); });
        };
    }
    judge();
}

/// Why the set has failed; "" if it has not.
std::string Activation::why_failed(const std::string& name) const {
    const auto& service = *board_->services.at(name).service;
    const auto status = service.status();
    if (status.state == ServiceState::running)
        return status.health == "failing" ? "its health check fails: " + status.health_reason : "";
    const bool done = service.settings().restart == config::Restart::never &&
                      status.last_exit == "exited with status 0";
    if (done) return {};
    const auto words = supervisor::last_lines(service.settings(), 1);
    return words.empty() ? status.last_exit : fmt::format("{}: {}", status.last_exit, words[0]);
}

void Activation::judge() {
    if (!watching_ || board_->ending) return;
    auto end = base::monotonic_now();
    bool open = false;
    for (const auto& name : judged_) {
        auto& work = board_->services.at(name);
        if (!board_->service(name).wanted) continue; // The operator has stopped it: no verdict.
        if (const auto why = why_failed(name); !why.empty())
            return roll_back({"service." + name, "cannot keep the new files: " + why, ""});
        const auto status = work.service->status();
        const bool unsure = status.state == ServiceState::running &&
                            (status.health == "unknown" || !status.health_reason.empty());
        const auto age = base::sys::process_age(status.pid);
        const auto window = upgrade_window(work.service->settings());
        if (!work.window_end)
            work.window_end = base::monotonic_now() + window -
                              (age ? std::min(*age, window) : base::Nanoseconds::zero());
        open |= unsure || *work.window_end > base::monotonic_now();
        end = std::max(end, *work.window_end);
    }
    if (!open) return commit();
    if (end > base::monotonic_now())
        timer_ = board_->parts.loop.at(end, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->judge();
        });
}

/// First what is known, then the files that it is known of: see resume().
void Activation::commit() {
    watching_ = false;
    std::vector<binary_store::Target> targets;
    std::set<std::string> together;
    for (const auto& [name, change] : set_) {
        if (!change.swapped) continue;
        targets.push_back(board_->components.at(name).target);
        if (board_->component(name).activated != change.after) together.insert(name);
        note_activated(board_->component(name), change.after);
        board_->component(name).activating.reset();
        note_use(board_, name, change.after);
    }
    for (const auto& name : together) board_->component(name).together = together;
    if (!set_.empty()) board_->save(names());
    board_->end_trial(trial_);
    board_->on_worker<Result<>>(
        [targets]() -> Result<> {
            for (const auto& target : targets)
                if (const auto done = binary_store::commit(target); !done) return done;
            return {};
        },
        [self = shared_from_this()](const Result<>& committed) {
            if (!committed) self->board_->log(CMW_LEVEL_WARN, base::to_string(committed.error()));
            self->committed();
        });
}

namespace {

/// What there is to say, with semicolons.
std::string joined(std::initializer_list<std::string> parts) {
    std::string all;
    for (const auto& part : parts)
        if (!part.empty()) all += (all.empty() ? "" : "; ") + part;
    return all;
}

} // namespace

void Activation::committed() {
    const auto cost = step_.restarts.empty() ? "no program had to be stopped" : down_for();
    for (const auto& [name, change] : set_) {
        const auto probed = probed_.find(name);
        const auto& approval = board_->components.at(name).record.why;
        const auto version = probed == probed_.end() ? std::string() : probed->second;
        board_->succeeded(name);
        board_->log(CMW_LEVEL_INFO, fmt::format("{}: {} is active, {}", name, change.after.hex(),
                                                joined({version, approval, cost})));
        // History keeps how long it took beside the reason.
        tell(name, "activated", joined({version, approval, downtime_ ? "" : cost}));
    }
    finish();
    cleanup(board_);
    Services services;
    for (const auto& name : services_upgraded())
        if (board_->services.at(name).service->settings().after_upgrade) services.push_back(name);
    run_hook(services, 0, false,
             [self = shared_from_this()](const std::optional<Problem>& problem) {
                 if (!problem) return;
                 self->board_->log(CMW_LEVEL_WARN, base::to_string(*problem));
                 self->board_->remember(
                     {0, {}, "host", "", "hook-failed", "", "", base::to_string(*problem)});
             });
}

} // namespace cmw::reconcile
