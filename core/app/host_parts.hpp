// SPDX-License-Identifier: Apache-2.0
//
// app/host_parts.hpp - what a running host is made of; for host*.cpp alone.
#pragma once

#include "app/host.hpp"
#include "base/worker.hpp"
#include "binary_store/store.hpp"
#include "commands/inbox.hpp"
#include "consensus/watcher.hpp"
#include "control/api.hpp"
#include "logs/pipeline.hpp"
#include "plugin_host/binary_source.hpp"
#include "plugin_host/process_runner.hpp"
#include "reconcile/reconciler.hpp"
#include "state/database.hpp"
#include "supervisor/service.hpp"

namespace cmw::app {

/// Where the state says who stopped the shipping of logs.
inline constexpr auto shipping_key = "shipping-stopped-by";

/// The object graph. Members are in order of need: what is below is gone before what is above.
struct Host::Parts {
    base::EventLoop& loop;
    Configuration configuration;
    std::function<base::Result<>()> reload;
    base::Monotonic born = base::monotonic_now();
    state::Database database;
    std::map<std::string, plugin_host::Plugin> absent; ///< By instance: could not be loaded.
    std::map<std::string, std::unique_ptr<plugin_host::Instance>> instances;
    std::map<std::string, std::unique_ptr<plugin_host::ConsensusSource>> consensus;
    std::map<std::string, std::unique_ptr<plugin_host::BinarySource>> binaries;
    std::map<std::string, std::unique_ptr<plugin_host::ProcessRunner>> runners;
    std::map<std::string, std::unique_ptr<plugin_host::CommandSource>> commands;
    std::unique_ptr<reconcile::Reconciler> reconciler;
    std::map<std::string, std::unique_ptr<supervisor::Service>> services;
    std::map<std::string, std::unique_ptr<consensus::Watcher>> watchers;
    std::unique_ptr<logs::Pipeline> pipeline; ///< None while shipping is stopped.
    std::string shipping_stopped_by;          ///< "": it is not.
    bool shipping_ends = false;
    std::unique_ptr<base::Worker> ending; ///< Where a pipeline ends, which takes its time.
    std::map<std::string, std::unique_ptr<commands::Inbox>> inboxes;
    /// What the update orders of a command source approve, by instance.
    std::map<std::string, plugin_host::Verdict> ordered;
    std::unique_ptr<control::Api> api;
    /// Expired: what plugins ask for comes too late.
    std::shared_ptr<Parts*> alive = std::make_shared<Parts*>(this);

    Parts(base::EventLoop& l, Configuration c, std::function<base::Result<>()> r, state::Database d)
        : loop(l), configuration(std::move(c)), reload(std::move(r)), database(std::move(d)) {}

    const config::Settings& settings() const { return configuration.loaded.settings; }
    void changed() const {
        if (api) api->status_changed();
    }

    const plugin_host::Plugin& plugin_of(const config::InstanceSettings& table);
    /// What instances are given, with what they may ask of this host.
    plugin_host::HostContext context();
    void make_instances(const plugin_host::HostContext& context);
    base::Result<> make_reconciler();
    base::Result<> make_output_folder() const;
    void make_services();
    void make_watchers();
    void make_pipeline();
    void make_inboxes();
    /// What an order of the network asks of this host.
    void carry_out(const config::InstanceSettings& source, const commands::Command& command,
                   const std::string& who, control::Requests::Done done);
    base::Result<> approve(const config::InstanceSettings& source, const commands::Command& command,
                           const std::string& who);
    void recall_approvals(const std::string& source);
    /// Starts or stops the shipping of logs, for good: over restarts too.
    void ship(bool wanted, const std::string& who, control::Requests::Done done);
    base::Result<> open_api(Host& host);
    struct Stopping {
        std::set<std::string> left;  ///< Services that are not down yet.
        std::set<std::string> asked; ///< To stop.
        std::function<void()> done;
    };
    void stop_next(const std::shared_ptr<Stopping>& stopping);
    void note_consensus(const std::string& name, const consensus::Watcher& watcher,
                        std::string& last_error);
};

} // namespace cmw::app
