// SPDX-License-Identifier: Apache-2.0
#include "reconcile/component_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::reconcile {

namespace {

/// What one component needs before it can be activated, and how `status` shows it.
class ComponentPlanner {
  public:
    ComponentPlanner(base::Monotonic now, Plan& plan) : now_(now), plan_(plan) {}

    void plan(const ComponentFacts& c) {
        auto& view = plan_.components[c.name];
        view.desired = desired(c);
        view.reason = c.problem.empty() ? c.notice : c.problem;
        if (c.busy != Busy::no) {
            view.state = state_of(c.busy, view.state);
        } else if (!c.inspected) {
            view.state = "unknown";
            if (due(c)) step(Step::Do::inspect, c, std::nullopt, "what is installed is not known");
        } else if (c.approved && c.quarantined.contains(*c.approved)) {
            view.state = "quarantined";
            view.reason = fmt::format("{} is approved but did not work; {} stays",
                                      short_hex(c.approved), short_hex(c.installed));
        } else if (!view.desired) {
            view.state = "waiting";
            if (view.reason.empty()) view.reason = "nothing is approved yet";
        } else if (c.installed == view.desired) {
            view.state = "current";
        } else if (c.staged == view.desired) {
            view.state = "staged";
        } else {
            bring(c, *view.desired, view);
        }
    }

  private:
    static std::string state_of(Busy busy, const std::string& otherwise) {
        switch (busy) {
        case Busy::fetching:
            return "fetching";
        case Busy::activating:
            return "activating";
        case Busy::staging:
            return "staged";
        case Busy::inspecting:
            return "unknown";
        case Busy::no:
            break;
        }
        return otherwise;
    }

    void bring(const ComponentFacts& c, const Digest& digest, ComponentView& view) {
        view.state = c.problem.empty() ? "waiting" : "failed";
        if (!due(c)) return;
        const auto reason =
            fmt::format("{} is wanted, {} is installed", short_hex(digest), short_hex(c.installed));
        const bool stored = c.stored.contains(digest);
        step(stored ? Step::Do::stage : Step::Do::fetch, c, digest, reason);
    }

    bool due(const ComponentFacts& c) { return is_due(c.not_before, now_, plan_); }

    void step(Step::Do what, const ComponentFacts& c, std::optional<Digest> digest,
              std::string reason) {
        Step step{};
        step.what = what;
        step.component = c.name;
        step.digest = std::move(digest);
        step.reason = std::move(reason);
        plan_.steps.push_back(std::move(step));
    }

    base::Monotonic now_;
    Plan& plan_;
};

} // namespace

std::string short_hex(const std::optional<Digest>& digest) {
    return digest ? digest->hex().substr(0, 12) : "nothing";
}

bool is_due(base::Monotonic not_before, base::Monotonic now, Plan& plan) {
    if (not_before <= now) return true;
    plan.again_at = std::min(plan.again_at.value_or(not_before), not_before);
    return false;
}

void plan_component(const ComponentFacts& component, base::Monotonic now, Plan& plan) {
    ComponentPlanner(now, plan).plan(component);
}

} // namespace cmw::reconcile
