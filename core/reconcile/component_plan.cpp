// SPDX-License-Identifier: Apache-2.0
#include "reconcile/component_plan.hpp"

#include "reconcile/quarantine.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::reconcile {

namespace {

/// What one component needs before it can be activated, and how `status` shows it.
class ComponentPlanner {
  public:
    ComponentPlanner(const ComponentFacts& c, const Gate& gate, const Now& now, Plan& plan)
        : c_(c), gate_(gate), now_(now), plan_(plan), view_(plan.components[c.name]) {}

    void plan() {
        view_.desired = desired(c_);
        view_.reason = c_.problem.empty() ? c_.notice : c_.problem;
        if (c_.busy != Busy::no) {
            view_.state = state_of(c_.busy);
        } else if (!c_.inspected) {
            view_.state = "unknown";
            if (due()) step(Step::Do::inspect, std::nullopt, "what is installed is not known");
        } else {
            plan_inspected();
            fetch_ahead();
        }
    }

  private:
    void plan_inspected() {
        const auto place = place_of(c_, gate_);
        if (!view_.desired) {
            view_.state = "waiting";
            if (view_.reason.empty()) view_.reason = "nothing is approved yet";
        } else if (place && c_.installed != place) {
            bring(*place);
        } else if (place != view_.desired) {
            bring(*view_.desired);
            if (view_.reason.empty() || view_.state == "staged") view_.reason = gate_.reason;
        } else {
            settled();
        }
    }

    void settled() {
        const auto wish = asked(c_);
        const auto found = wish ? c_.quarantined.find(*wish) : c_.quarantined.end();
        if (found != c_.quarantined.end()) {
            view_.state = "quarantined";
            view_.reason = fmt::format("{} is {} but is quarantined: {}; {} stays{}{}",
                                       short_hex(wish), c_.orders.pinned ? "pinned" : "approved",
                                       in_words(found->second, c_.name), short_hex(c_.installed),
                                       c_.problem.empty() ? "" : ": ", c_.problem);
            return;
        }
        view_.state = c_.orders.held && !c_.orders.pinned ? "held" : "current";
        const bool other = c_.approved && c_.approved != c_.installed;
        if (other && view_.reason.empty())
            view_.reason = fmt::format("{} is approved, and not used", short_hex(c_.approved));
    }

    static std::string state_of(Busy busy) {
        switch (busy) {
        case Busy::fetching:
            return "fetching";
        case Busy::activating:
            return "activating";
        case Busy::staging:
            return "staged";
        case Busy::inspecting:
        case Busy::no:
            break;
        }
        return "unknown";
    }

    /// Towards `digest` beside the target.
    void bring(const Digest& digest) {
        if (c_.staged == digest) {
            view_.state = "staged";
            return;
        }
        if (c_.ahead == digest) {
            view_.state = "fetching";
            return;
        }
        view_.state = c_.problem.empty() ? "waiting" : "failed";
        if (!due()) return;
        const auto reason = fmt::format("{} is wanted, {} is installed", short_hex(digest),
                                        short_hex(c_.installed));
        const bool stored = c_.stored.contains(digest);
        step(stored ? Step::Do::stage : Step::Do::fetch, digest, reason);
    }

    /// One of what may be wanted later, if there is nothing else to do.
    void fetch_ahead() {
        if (c_.ahead || stepped_) return;
        const auto missing = [this](const Digest& digest) {
            return !c_.stored.contains(digest) && !c_.quarantined.contains(digest) &&
                   digest != view_.desired && digest != c_.installed;
        };
        std::optional<Digest> next;
        std::string why;
        if (c_.approved && missing(*c_.approved)) {
            next = c_.approved;
            why = "it is approved, though not wanted now";
        }
        for (const auto& one : c_.announced) {
            if (next || !missing(one.artifact.digest)) continue;
            next = one.artifact.digest;
            why = "it is announced" + (one.why.empty() ? "" : ": " + one.why);
        }
        if (next && is_due(c_.ahead_not_before, now_, plan_))
            step(Step::Do::fetch_ahead, next, why);
    }

    bool due() { return is_due(c_.not_before, now_, plan_); }

    void step(Step::Do what, std::optional<Digest> digest, std::string reason) {
        Step step{};
        step.what = what;
        step.component = c_.name;
        step.digest = std::move(digest);
        step.reason = std::move(reason);
        plan_.steps.push_back(std::move(step));
        stepped_ = true;
    }

    const ComponentFacts& c_;
    const Gate& gate_;
    const Now& now_;
    Plan& plan_;
    ComponentView& view_;
    bool stepped_ = false;
};

} // namespace

std::string short_hex(const std::optional<Digest>& digest) {
    return digest ? digest->hex().substr(0, 12) : "nothing";
}

bool is_due(base::Monotonic not_before, const Now& now, Plan& plan) {
    if (not_before <= now.monotonic) return true;
    plan.again_at = std::min(plan.again_at.value_or(not_before), not_before);
    return false;
}

void plan_component(const ComponentFacts& component, const Gate& gate, const Now& now, Plan& plan) {
    ComponentPlanner(component, gate, now, plan).plan();
}

} // namespace cmw::reconcile
