// SPDX-License-Identifier: Apache-2.0
//
// control/requests.hpp - what the control API can ask of a running host. An interface, so that the
// API is tested without a host. Every function runs on the loop's thread; answers may come later,
// on the same thread.
#pragma once

#include "control/status.hpp"
#include "reconcile/order.hpp"
#include "state/history.hpp"

#include <functional>

namespace cmw::control {

/// What "start" and "stop" call the shipping of logs, unless a service has this name.
inline constexpr std::string_view logger = "logger";

class Requests {
  public:
    using Done = std::function<void(base::Result<>)>;

    virtual ~Requests() = default;
    virtual Status status() = 0;
    /// The same with what the services use; within a second, without what is not known by then.
    virtual void measured_status(std::function<void(const Status&)> done) = 0;
    virtual base::Result<std::vector<state::HistoryEntry>> history(const std::string& name,
                                                                   std::size_t limit) = 0;
    /// `who` is for history: "operator root (uid 0)". A service that does not exist: a Problem with the
    /// nearest name.
    virtual void start(const std::string& service, const std::string& who, Done done) = 0;
    virtual void stop(const std::string& service, const std::string& who, Done done) = 0;
    virtual void restart(const std::string& service, const std::string& who, Done done) = 0;
    /// The same of a component; the answer tells in words what the order means.
    virtual void order(const std::string& component, const reconcile::ComponentOrder& order,
                       const std::string& who,
                       const std::function<void(base::Result<std::string>)>& done) = 0;
    /// The operator's word on the order of a command source that waits for it.
    virtual void decide(const std::string& source, bool approved, const std::string& who,
                        Done done) = 0;
    virtual void reload(const std::string& who, Done done) = 0;
};

} // namespace cmw::control
