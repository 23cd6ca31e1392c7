// SPDX-License-Identifier: Apache-2.0
//
// app/host.hpp - a running host: everything that one configuration asks for, wired together. It
// lives until the program ends or another configuration takes its place; services outlive it, and
// the next one adopts them. So a reload and a restart after a crash are the same way.
// Belongs to the loop's thread.
#pragma once

#include "app/configuration.hpp"
#include "base/event_loop.hpp"
#include "control/requests.hpp"

namespace cmw::app {

class Host final : public control::Requests {
  public:
    /// Makes plugins, store, state and services, adopts what runs, and begins. `reload` is called
    /// when somebody asks for another configuration. `configuration` has no problems.
    static base::Result<std::unique_ptr<Host>> create(base::EventLoop& loop,
                                                      Configuration configuration,
                                                      std::function<base::Result<>()> reload);
    ~Host() override; ///< Leaves the services running; ships logs within a bound.
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// Stops `services`, those that others are `after` behind those, and decides nothing any more.
    /// `done`: all are down.
    void stop_services(const std::vector<std::string>& services, std::function<void()> done);
    /// Decides nothing any more; services stay as they are.
    void suspend();

    const Configuration& configuration() const;

    control::Status status() override;
    void measured_status(std::function<void(const control::Status&)> done) override;
    base::Result<std::vector<state::HistoryEntry>> history(const std::string& name,
                                                           std::size_t limit) override;
    void start(const std::string& service, const std::string& who, Done done) override;
    void stop(const std::string& service, const std::string& who, Done done) override;
    void restart(const std::string& service, const std::string& who, Done done) override;
    void order(const std::string& component, const reconcile::ComponentOrder& order,
               const std::string& who,
               const std::function<void(base::Result<std::string>)>& done) override;
    void decide(const std::string& source, bool approved, const std::string& who,
                Done done) override;
    void reload(const std::string& who, Done done) override;

  private:
    struct Parts;
    explicit Host(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// The nearest name that exists, as a Problem for whoever asked for another.
base::Problem no_such_service(const config::Settings& settings, const std::string& name);
base::Problem no_such_component(const config::Settings& settings, const std::string& name);

} // namespace cmw::app
