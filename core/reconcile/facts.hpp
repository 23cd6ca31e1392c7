// SPDX-License-Identifier: Apache-2.0
//
// reconcile/facts.hpp - what is wanted and what is, as plain data: all that plan.hpp decides on.
#pragma once

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "config/settings.hpp"
#include "plugin_host/consensus_source.hpp"
#include "state/database.hpp"
#include "supervisor/service.hpp"

#include <map>
#include <optional>
#include <set>

namespace cmw::reconcile {

using base::Digest;

/// In hexadecimal, and with its algorithm as the state names it; "" if there is none.
inline std::string hex_of(const std::optional<Digest>& digest) {
    return digest ? digest->hex() : std::string();
}
inline std::string name_of(const std::optional<Digest>& digest) {
    return digest ? digest->name() : std::string();
}

/// Work that is under way for a component; one at a time.
enum class Busy { no, inspecting, fetching, staging, activating };

/// Now, for the planner: it asks no clock itself.
struct Now {
    base::Monotonic monotonic{}; ///< For pauses after failures.
    base::UnixTime unix{};       ///< For windows, and for delays that outlive the host.
};

/// What the operator ordered for a component. Each lasts over restarts of the host.
struct Orders {
    std::optional<Digest> pinned;   ///< This one, whatever consensus says.
    std::optional<Digest> held;     ///< Frozen at this one.
    std::optional<Digest> returned; ///< Rolled back to this one, until consensus names another.
    std::optional<Digest> agreed;   ///< This one may be activated now, whatever the policy says.

    bool operator==(const Orders&) const = default;
};

/// Why a digest is not to be activated, whoever asks for it: see quarantine.hpp.
struct Quarantine {
    enum class Cause {
        failed,      ///< It did not run, or failed its trial run.
        rolled_back, ///< The operator left it.
    };
    Cause cause = Cause::failed;
    std::map<std::string, Digest>
        set; ///< All that failed or were left together, this one included.

    bool operator==(const Quarantine&) const = default;
};

/// One file that consensus governs.
struct ComponentFacts {
    std::string name;
    std::optional<Digest> approved;     ///< By consensus, last known (also from an earlier run).
    std::string approved_by;            ///< The sources that said so: "chain", "chain, mirror".
    base::UnixTime approved_at{};       ///< When that was first seen.
    std::vector<std::string> locations; ///< URLs that the sources gave for it.
    std::vector<plugin_host::Announcement> announced; ///< What may be approved later.
    std::optional<Digest> activated;                  ///< What we put in place last.
    std::vector<Digest> previous;             ///< What was activated before that, newest first.
    std::optional<Digest> activating;         ///< What we were about to put in place when we ended.
    std::set<std::string> together;           ///< What was activated with that, this one included.
    std::map<Digest, Quarantine> quarantined; ///< Not to be activated, though approved.
    Orders orders;
    std::string ordered_by; ///< Who gave the last of them.
    config::ActivationSettings activation;
    bool inspected = false;          ///< The next three are known.
    std::optional<Digest> installed; ///< What the file hashes to; nothing: no file.
    std::optional<Digest> staged;    ///< What waits beside it.
    std::set<Digest> stored;         ///< What the store has.
    Busy busy = Busy::no;
    base::Monotonic not_before{};       ///< After a failure: no new try before this.
    std::optional<Digest> ahead;        ///< Being fetched though not wanted yet; beside `busy`.
    base::Monotonic ahead_not_before{}; ///< After a failure of that.
    std::string problem;                ///< Of the last try; "" after one that went well.
    std::string notice; ///< What was odd about the last verdict, and changed nothing.
};

/// What the installed file should be, as far as anyone knows: what it is named by, where one file
/// comes out of several archives.
std::optional<Digest> expected(const ComponentFacts& component);

/// URLs where the sources say that `digest` can be had.
std::vector<std::string> locations_of(const ComponentFacts& component, const Digest& digest);

/// Takes over what the state kept of a component. What it kept of no known digest counts as none.
void recall(ComponentFacts& facts, const state::ComponentRecord& record);
/// The inverse: everything of the record that the facts have.
void keep(const ComponentFacts& facts, state::ComponentRecord& record);

/// `digest` is in place for good, alone until someone says otherwise. What was before it comes first
/// among the previous ones, of which the newest few are kept.
void note_activated(ComponentFacts& facts, const Digest& digest);

/// One program.
struct ServiceFacts {
    std::string name;
    std::vector<std::string> components;
    std::vector<std::string> after; ///< Those that must be up before it is started.
    config::StartWhen start_when = config::StartWhen::always;
    bool stop_when_not_ready = false;      ///< Also while it runs.
    config::ActivationSettings activation; ///< Of its components that do not say themselves.
    supervisor::ServiceState state = supervisor::ServiceState::stopped;
    bool up = false;     ///< It runs, and is healthy as far as that is checked.
    bool wanted = true;  ///< The operator did not stop it.
    bool adopted = true; ///< Whether one of an earlier host runs is known.
    bool busy = false;   ///< Being activated, started or stopped by a step.
    std::map<std::string, std::optional<Digest>> runs; ///< With which files; if it runs.
    base::Monotonic not_before{};                      ///< After an activation that failed.
};

/// What the consensus sources of a component say of this machine.
struct SourceFacts {
    bool ready = false;  ///< It says that this machine is to run.
    bool left = false;   ///< It knows that this machine is none of those that run.
    std::string waiting; ///< Why it does not.
};

struct Facts {
    std::vector<ComponentFacts> components;
    std::vector<ServiceFacts> services;
    /// By component: its source. A component of a source that never answered has none.
    std::map<std::string, SourceFacts> sources;
    std::string seed; ///< This host's own, made once: what its random delays come from.

    const ComponentFacts* component(std::string_view name) const;
    const ServiceFacts* service(std::string_view name) const;
};

/// Consensus approves `digest` for `component`, one of `facts`, from now on: what an earlier roll-back
/// or quarantine said of it, or of the one that was approved before, ends, and with it what it said
/// of others. The names of the components that it changed.
std::set<std::string> note_approved(Facts& facts, ComponentFacts& component, const Digest& digest,
                                    base::UnixTime now);

} // namespace cmw::reconcile
