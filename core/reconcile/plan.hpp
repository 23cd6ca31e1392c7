// SPDX-License-Identifier: Apache-2.0
//
// reconcile/plan.hpp - what to do next, from what is wanted and what is. Pure: no clock, no file.
//
// The rules, in their order of weight:
//   1. A program that runs is not stopped before every file of its next set is verified and staged
//      beside its target.
//   2. Wanted is what the operator pinned; else what he holds or rolled back to; else what consensus
//      approved last; without any word, what was activated last. A quarantined digest is not
//      wanted: what was activated last stays. Quarantine is by sets: see quarantine.hpp.
//   3. A service is started only with files that are, all of them, the wanted, the last activated
//      or the just activating set: nothing unknown and no mixture is ever started.
//   4. The files of one service, and of services that share files, change together: a group.
//   5. A failed try is repeated, later; it changes nothing that runs.
//   6. A newly approved set waits for its policy (policy.hpp), ready beside its targets. What is in
//      use is meanwhile repaired and started as ever. What the operator ordered waits for nothing,
//      nor does a set without which a service stays down.
//   7. A service waits until those that it is `after` are up; one that runs does not stop for them.
//      It stops for consensus only where its setting says so, and only when that knows.
//   8. What is not wanted but may be (announced; approved while another is held or pinned) is
//      fetched ahead, and nothing more.
#pragma once

#include "reconcile/facts.hpp"

namespace cmw::reconcile {

/// One thing to do now. `component`, `group` and `service` say to whom.
struct Step {
    enum class Do {
        inspect,     ///< Hash what is installed and staged, look into the store.
        fetch,       ///< Bring `digest` into the store.
        fetch_ahead, ///< The same of one that is not wanted yet; beside any other work.
        stage,       ///< Put `digest` from the store beside the target.
        activate,    ///< Swap `changes` in, around a stop and start of `restarts`.
        start,       ///< Start `service`.
        hold_back,   ///< Keep `service` down and show why.
        stop,        ///< Stop `service`: consensus does not want it any more.
    };
    Do what;
    std::string component;
    std::optional<Digest> digest;
    std::map<std::string, Digest> changes; ///< Component to digest.
    std::vector<std::string> restarts;     ///< Services that run with other files.
    std::vector<std::string> starts;       ///< Services to be started afterwards, those included.
    std::string service;
    std::string reason; ///< In words, for history, `plan` and `status`.

    bool operator==(const Step&) const = default;
};
std::string_view name(Step::Do what);

/// A component as `status` shows it.
struct ComponentView {
    std::string
        state; ///< unknown current waiting fetching staged activating held quarantined failed
    std::string reason;
    std::optional<Digest> desired;
};

struct Plan {
    std::vector<Step> steps;
    std::map<std::string, ComponentView> components;
    std::optional<base::Monotonic> again_at; ///< When a failed try may be repeated, a window opens.
};

Plan make_plan(const Facts& facts, const Now& now);

/// What is asked for: by the operator or by consensus, whether or not it is quarantined.
std::optional<Digest> asked(const ComponentFacts& component);
/// What a component is to be; nothing if nobody ever said.
std::optional<Digest> desired(const ComponentFacts& component);

/// Why a service must not be started with what is installed; "" if it may (rule 3).
std::string why_not_startable(const Facts& facts, const ServiceFacts& service);

} // namespace cmw::reconcile
