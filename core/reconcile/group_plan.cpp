// SPDX-License-Identifier: Apache-2.0
#include "reconcile/group_plan.hpp"

#include "reconcile/component_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace cmw::reconcile {

using supervisor::ServiceState;

namespace {

bool is_up(ServiceState state) {
    return state == ServiceState::running || state == ServiceState::starting;
}

/// What one group of files and services needs.
class GroupPlanner {
  public:
    GroupPlanner(const Facts& facts, const Gate& gate, const Now& now, Plan& plan)
        : facts_(facts), gate_(gate), now_(now), plan_(plan) {}

    void plan(const Group& group) {
        if (busy(group)) return;
        auto changes = staged_changes(group);
        if (!changes) return start_what_can(group); // Not all is here: what is installed may run.
        auto restarts = running_with_other_files(group, *changes);
        if (changes->empty() && restarts.empty()) return start_what_can(group);
        if (!activation_due(group)) return start_what_can(group);
        const auto after = with(*changes);
        // Those that run come back, and none that might be started loses its set.
        const bool all_come_back = std::ranges::all_of(group.services, [&](auto i) {
            const auto& service = facts_.services[i];
            return why_not_startable(after, service).empty() ||
                   (std::ranges::count(restarts, service.name) == 0 &&
                    !why_not_startable(facts_, service).empty());
        });
        if (!all_come_back) return start_what_can(group);
        Step step{};
        step.what = Step::Do::activate;
        step.restarts = std::move(restarts);
        step.starts = to_be_started(group, step.restarts, after);
        step.reason = changes->empty() ? "it runs with files that were replaced since"
                                       : "all files of the set are verified and staged";
        step.changes = std::move(*changes);
        plan_.steps.push_back(std::move(step));
    }

  private:
    bool busy(const Group& group) const {
        return std::ranges::any_of(group.components,
                                   [&](auto i) {
                                       const auto& c = facts_.components[i];
                                       return !c.inspected || c.busy == Busy::inspecting ||
                                              c.busy == Busy::activating;
                                   }) ||
               std::ranges::any_of(group.services, [&](auto i) {
                   return facts_.services[i].busy || !facts_.services[i].adopted;
               });
    }

    /// The changes to make, all staged; nothing if one of them is not staged yet.
    std::optional<std::map<std::string, Digest>> staged_changes(const Group& group) const {
        std::map<std::string, Digest> changes;
        for (const auto i : group.components) {
            const auto& c = facts_.components[i];
            const auto want = place_of(c, gate_);
            if (!want || c.installed == want) continue;
            if (c.staged != want || c.busy != Busy::no) return std::nullopt;
            changes.emplace(c.name, *want);
        }
        return changes;
    }

    /// Services that run and will have other files than those they were started with.
    std::vector<std::string>
    running_with_other_files(const Group& group,
                             const std::map<std::string, Digest>& changes) const {
        std::vector<std::string> names;
        for (const auto i : group.services) {
            const auto& service = facts_.services[i];
            if (!is_up(service.state)) continue;
            const bool other = std::ranges::any_of(service.components, [&](const auto& name) {
                const auto* c = facts_.component(name);
                const auto change = changes.find(name);
                const auto then = change != changes.end() ? std::optional(change->second)
                                  : c != nullptr          ? c->installed
                                                          : std::nullopt;
                const auto runs = service.runs.find(name);
                // An unapproved file under a running program is no reason to stop it.
                const bool known = c != nullptr && then == place_of(*c, gate_);
                return known && (runs == service.runs.end() || runs->second != then);
            });
            if (other) names.push_back(service.name);
        }
        return names;
    }

    bool activation_due(const Group& group) {
        bool due = true;
        for (const auto i : group.services)
            due &= is_due(facts_.services[i].not_before, now_, plan_);
        for (const auto i : group.components)
            due &= is_due(facts_.components[i].not_before, now_, plan_);
        return due;
    }

    /// The facts as they will be after the changes.
    Facts with(const std::map<std::string, Digest>& changes) const {
        auto after = facts_;
        for (auto& c : after.components)
            if (const auto change = changes.find(c.name); change != changes.end())
                c.installed = c.activating = change->second;
        return after;
    }

    std::vector<std::string> to_be_started(const Group& group,
                                           const std::vector<std::string>& restarts,
                                           const Facts& after) const {
        std::vector<std::string> names;
        for (const auto i : group.services) {
            const auto& service = facts_.services[i];
            const bool restarted = std::ranges::count(restarts, service.name) != 0;
            const bool down = !is_up(service.state) && service.state != ServiceState::stopping;
            const bool may_start =
                down && why_to_wait(service).empty() && why_not_startable(after, service).empty();
            if (service.wanted && (restarted || may_start)) names.push_back(service.name);
        }
        return names;
    }

    /// Why consensus keeps a service down; "" if it does not.
    std::string why_not_ready(const ServiceFacts& service) const {
        if (service.start_when == config::StartWhen::always) return {};
        for (const auto& name : service.components) {
            const auto source = facts_.sources.find(name);
            if (source == facts_.sources.end()) return "consensus has not answered yet";
            if (!source->second.ready) return source->second.waiting;
        }
        return {};
    }

    /// Why a service is not started yet though its files may be; "" if it is.
    std::string why_to_wait(const ServiceFacts& service) const {
        if (auto reason = why_not_ready(service); !reason.empty()) return reason;
        for (const auto& name : service.after) {
            const auto* needed = facts_.service(name);
            if (needed == nullptr || needed->up) continue;
            const bool runs = needed->state == ServiceState::running;
            return fmt::format("service {} is not {} yet", name, runs ? "healthy" : "up");
        }
        return {};
    }

    /// A program that runs is stopped only for what is known.
    bool must_leave(const ServiceFacts& service) const {
        const bool runs = is_up(service.state) || service.state == ServiceState::backoff;
        return service.stop_when_not_ready && runs &&
               std::ranges::any_of(service.components, [&](const auto& name) {
                   const auto source = facts_.sources.find(name);
                   return source != facts_.sources.end() && source->second.left;
               });
    }

    void start_what_can(const Group& group) {
        for (const auto i : group.services) {
            const auto& service = facts_.services[i];
            if (must_leave(service)) {
                Step step{};
                step.what = Step::Do::stop;
                step.service = service.name;
                step.reason = why_not_ready(service);
                plan_.steps.push_back(std::move(step));
                continue;
            }
            const bool fresh =
                service.state == ServiceState::stopped || service.state == ServiceState::waiting;
            if (!service.wanted || !fresh) continue;
            auto reason = why_to_wait(service);
            if (reason.empty()) reason = why_not_startable(facts_, service);
            Step step{};
            step.what = reason.empty() ? Step::Do::start : Step::Do::hold_back;
            step.service = service.name;
            step.reason = reason.empty() ? "its files are verified" : reason;
            plan_.steps.push_back(std::move(step));
        }
    }

    const Facts& facts_;
    const Gate& gate_;
    const Now& now_;
    Plan& plan_;
};

} // namespace

std::vector<Group> groups_of(const Facts& facts) {
    const auto count = facts.components.size();
    std::vector<std::size_t> root(count);
    std::iota(root.begin(), root.end(), std::size_t{0});
    const auto find = [&root](std::size_t i) {
        while (root[i] != i) i = root[i];
        return i;
    };
    const auto index = [&facts](const std::string& name) {
        return static_cast<std::size_t>(
            std::ranges::find(facts.components, name, &ComponentFacts::name) -
            facts.components.begin());
    };
    for (const auto& service : facts.services)
        for (const auto& name : service.components)
            if (index(name) < count) root[find(index(name))] = find(index(service.components[0]));

    std::map<std::size_t, Group> by_root;
    for (std::size_t i = 0; i < count; ++i) by_root[find(i)].components.push_back(i);
    std::vector<Group> alone;
    for (std::size_t i = 0; i < facts.services.size(); ++i) {
        const auto& service = facts.services[i];
        if (service.components.empty() || index(service.components[0]) >= count)
            alone.push_back({{}, {i}});
        else
            by_root[find(index(service.components[0]))].services.push_back(i);
    }
    for (auto& [ignored, group] : by_root) alone.push_back(std::move(group));
    return alone;
}

void plan_group(const Facts& facts, const Group& group, const Gate& gate, const Now& now,
                Plan& plan) {
    GroupPlanner(facts, gate, now, plan).plan(group);
}

} // namespace cmw::reconcile
