// SPDX-License-Identifier: Apache-2.0
//
// reconcile/reconciler.hpp - makes what is what is wanted: gathers the facts, asks plan.hpp what to
// do, carries the steps out, and does so again whenever something happened. Blocking work (hashing,
// copying) runs on a worker of its own. Belongs to the loop's thread.
//
// Killed at any instant it begins anew from the files themselves: see plan.hpp for what may be
// started, binary_store/activation.hpp for what is found on disk.
#pragma once

#include "base/event_loop.hpp"
#include "base/worker.hpp"
#include "binary_store/store.hpp"
#include "config/settings.hpp"
#include "plugin_host/binary_source.hpp"
#include "plugin_host/consensus_source.hpp"
#include "reconcile/order.hpp"
#include "reconcile/plan.hpp"
#include "state/database.hpp"
#include "supervisor/service.hpp"

namespace cmw::reconcile {

/// A component beside its facts, for `status`.
struct ComponentReport {
    ComponentFacts facts;
    ComponentView view;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> progress; ///< Received, total.
};

class Reconciler {
  public:
    struct Parts {
        base::EventLoop& loop;
        const config::Settings& settings;
        binary_store::Store store;
        state::Database& database;
        std::map<std::string, plugin_host::BinarySource*> sources; ///< By instance.
        std::function<void(std::uint32_t level, const std::string& line)> log;
        std::function<void()> changed; ///< Something that report() shows.
    };

    explicit Reconciler(Parts parts);
    ~Reconciler(); ///< Leaves all services as they are.
    Reconciler(const Reconciler&) = delete;
    Reconciler& operator=(const Reconciler&) = delete;

    /// What a service calls back: to be given to its constructor.
    supervisor::Service::Hooks hooks(const std::string& service);

    /// Takes up the services (by name), adopts what an earlier host left running, inspects the
    /// files, and from then on reconciles. A problem is a state that cannot be read.
    base::Result<> begin(const std::map<std::string, supervisor::Service*>& services);

    /// The answer of a consensus source. Thread: the loop's, as all.
    void on_verdict(const std::string& instance, const plugin_host::Verdict& verdict);

    /// A binary source says that what it could not give may be there now.
    void try_again(const std::string& instance);

    /// The host is about to end, or to read another configuration: nothing is decided any more,
    /// and nothing started.
    void suspend();

    /// The operator's word; `who` is for history. Kept over restarts of the host.
    void start(const std::string& service, const std::string& who,
               std::function<void(base::Result<>)> done);
    void stop(const std::string& service, const std::string& who,
              std::function<void(base::Result<>)> done);
    void restart(const std::string& service, const std::string& who,
                 std::function<void(base::Result<>)> done);

    /// The same of a component. `done` gets what it means, in words, once it is taken and kept; what
    /// follows from it shows in report().
    void order(const std::string& component, const ComponentOrder& order, const std::string& who,
               const std::function<void(base::Result<std::string>)>& done);

    std::map<std::string, ComponentReport> report() const;
    /// Adds to the history; a state that cannot be written is logged, and nothing stops for it.
    void remember(state::HistoryEntry entry);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace cmw::reconcile
