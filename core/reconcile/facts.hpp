// SPDX-License-Identifier: Apache-2.0
//
// reconcile/facts.hpp - what is wanted and what is, as plain data: all that plan.hpp decides on.
#pragma once

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "config/settings.hpp"
#include "state/database.hpp"
#include "supervisor/service.hpp"

#include <map>
#include <optional>
#include <set>

namespace cmw::reconcile {

using base::Digest;

/// Work that is under way for a component; one at a time.
enum class Busy { no, inspecting, fetching, staging, activating };

/// One file that consensus governs.
struct ComponentFacts {
    std::string name;
    std::optional<Digest> approved;   ///< By consensus, last known (also from an earlier run).
    std::optional<Digest> activated;  ///< What we put in place last.
    std::optional<Digest> activating; ///< What we were about to put in place when we ended.
    std::set<Digest> quarantined;     ///< Not to be used, though approved.
    bool inspected = false;           ///< The next three are known.
    std::optional<Digest> installed;  ///< What the file hashes to; nothing: no file.
    std::optional<Digest> staged;     ///< What waits beside it.
    std::set<Digest> stored;          ///< What the store has.
    Busy busy = Busy::no;
    base::Monotonic not_before{}; ///< After a failure: no new try before this.
    std::string problem;          ///< Of the last try; "" after one that went well.
    std::string notice;           ///< What was odd about the last verdict, and changed nothing.
};

/// What the installed file should be, as far as anyone knows: what it is named by, where one file
/// comes out of several archives.
std::optional<Digest> expected(const ComponentFacts& component);

/// Takes over what the state kept of a component. What it kept of no known digest counts as none.
void recall(ComponentFacts& facts, const state::ComponentRecord& record);

/// One program.
struct ServiceFacts {
    std::string name;
    std::vector<std::string> components;
    config::StartWhen start_when = config::StartWhen::always;
    supervisor::ServiceState state = supervisor::ServiceState::stopped;
    bool wanted = true;  ///< The operator did not stop it.
    bool adopted = true; ///< Whether one of an earlier host runs is known.
    bool busy = false;   ///< Being activated, started or stopped by a step.
    std::map<std::string, std::optional<Digest>> runs; ///< With which files; if it runs.
    base::Monotonic not_before{};                      ///< After an activation that failed.
};

/// One consensus source.
struct SourceFacts {
    bool ready = false;  ///< It says that this machine is to run.
    std::string waiting; ///< Why it does not.
};

struct Facts {
    std::vector<ComponentFacts> components;
    std::vector<ServiceFacts> services;
    /// By component: its source. A component of a source that never answered has none.
    std::map<std::string, SourceFacts> sources;

    const ComponentFacts* component(std::string_view name) const;
    const ServiceFacts* service(std::string_view name) const;
};

} // namespace cmw::reconcile
