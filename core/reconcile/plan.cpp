// SPDX-License-Identifier: Apache-2.0
#include "reconcile/plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace cmw::reconcile {

using supervisor::ServiceState;

namespace {

std::string short_hex(const std::optional<Digest>& digest) {
    return digest ? digest->hex().substr(0, 12) : "nothing";
}

bool is_up(ServiceState state) {
    return state == ServiceState::running || state == ServiceState::starting;
}

/// Components and services that change together: indices into the facts.
struct Group {
    std::vector<std::size_t> components;
    std::vector<std::size_t> services;
};

/// Groups by union of what services share; a component of no service is a group of its own.
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

    bool due(const ComponentFacts& c) {
        if (c.not_before <= now_) return true;
        plan_.again_at = std::min(plan_.again_at.value_or(c.not_before), c.not_before);
        return false;
    }

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

/// What one group of files and services needs.
class GroupPlanner {
  public:
    GroupPlanner(const Facts& facts, base::Monotonic now, Plan& plan)
        : facts_(facts), now_(now), plan_(plan) {}

    void plan(const Group& group) {
        if (busy(group)) return;
        auto changes = staged_changes(group);
        if (!changes) return start_what_can(group); // Not all is here: what is installed may run.
        auto restarts = running_with_other_files(group, *changes);
        if (changes->empty() && restarts.empty()) return start_what_can(group);
        if (!activation_due(group)) return start_what_can(group);
        const auto after = with(*changes);
        const bool all_come_back = std::ranges::all_of(restarts, [&](const auto& name) {
            return why_not_startable(after, *after.service(name)).empty();
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
            const auto want = desired(c);
            if (!want || c.installed == want) continue;
            if (c.approved && c.quarantined.contains(*c.approved)) continue;
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
                const bool known = c != nullptr && then == desired(*c);
                return known && (runs == service.runs.end() || runs->second != then);
            });
            if (other) names.push_back(service.name);
        }
        return names;
    }

    bool activation_due(const Group& group) {
        bool is_due = true;
        for (const auto i : group.services) is_due &= due(facts_.services[i].not_before);
        for (const auto i : group.components) is_due &= due(facts_.components[i].not_before);
        return is_due;
    }

    bool due(base::Monotonic not_before) {
        if (not_before <= now_) return true;
        plan_.again_at = std::min(plan_.again_at.value_or(not_before), not_before);
        return false;
    }

    /// The facts as they will be after the changes.
    Facts with(const std::map<std::string, Digest>& changes) const {
        auto after = facts_;
        for (auto& c : after.components)
            if (const auto change = changes.find(c.name); change != changes.end())
                c.installed = change->second;
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
    std::string why_to_wait(const ServiceFacts& service) const {
        if (service.start_when == config::StartWhen::always) return {};
        for (const auto& name : service.components) {
            const auto source = facts_.sources.find(name);
            if (source == facts_.sources.end()) return "consensus has not answered yet";
            if (!source->second.ready) return source->second.waiting;
        }
        return {};
    }

    void start_what_can(const Group& group) {
        for (const auto i : group.services) {
            const auto& service = facts_.services[i];
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
    base::Monotonic now_;
    Plan& plan_;
};

} // namespace

const ComponentFacts* Facts::component(std::string_view name) const {
    const auto found = std::ranges::find(components, name, &ComponentFacts::name);
    return found == components.end() ? nullptr : &*found;
}

const ServiceFacts* Facts::service(std::string_view name) const {
    const auto found = std::ranges::find(services, name, &ServiceFacts::name);
    return found == services.end() ? nullptr : &*found;
}

std::string_view name(Step::Do what) {
    switch (what) {
    case Step::Do::inspect:
        return "inspect";
    case Step::Do::fetch:
        return "fetch";
    case Step::Do::stage:
        return "stage";
    case Step::Do::activate:
        return "activate";
    case Step::Do::start:
        return "start";
    case Step::Do::hold_back:
        return "hold back";
    }
    return "?";
}

std::optional<Digest> desired(const ComponentFacts& component) {
    if (!component.approved) return component.activated;
    if (!component.quarantined.contains(*component.approved)) return component.approved;
    return component.installed;
}

std::string why_not_startable(const Facts& facts, const ServiceFacts& service) {
    using Member = std::optional<Digest> ComponentFacts::*;
    const auto all_are = [&](Member which) {
        return std::ranges::all_of(service.components, [&](const auto& name) {
            const auto* c = facts.component(name);
            return c != nullptr && c->installed && c->installed == c->*which &&
                   !c->quarantined.contains(*c->installed);
        });
    };
    if (all_are(&ComponentFacts::approved) || all_are(&ComponentFacts::activated) ||
        all_are(&ComponentFacts::activating))
        return {};
    for (const auto& name : service.components) {
        const auto* c = facts.component(name);
        if (c == nullptr || !c->inspected) return name + " is not inspected yet";
        if (!c->installed) return name + " is not installed yet";
        if (c->installed != c->approved && c->installed != c->activated)
            return fmt::format("{} is not an approved file: its digest is {}", name,
                               short_hex(c->installed));
    }
    return "its files are not all of one approved set";
}

Plan make_plan(const Facts& facts, base::Monotonic now) {
    Plan plan;
    ComponentPlanner components(now, plan);
    for (const auto& component : facts.components) components.plan(component);
    GroupPlanner groups(facts, now, plan);
    for (const auto& group : groups_of(facts)) groups.plan(group);
    return plan;
}

} // namespace cmw::reconcile
