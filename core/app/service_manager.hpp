// SPDX-License-Identifier: Apache-2.0
//
// app/service_manager.hpp - what systemd is told by a Type=notify service, as sd_notify(3) and
// sd_watchdog_enabled(3) describe the protocol. Without systemd nothing happens.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>

namespace cmw::app {

class ServiceManager {
  public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment:
    /// they are not for the programs that we start. Before any thread.
    static ServiceManager from_environment();

    /// "READY=1", "STATUS=...", "RELOADING=1", "STOPPING=1", "WATCHDOG=1"; lines in one datagram.
    /// A failure is no reason to stop anything, and is passed over.
    void notify(const std::string& lines) const;

    /// How often "WATCHDOG=1" is due: half the time that the unit allows; nothing: never.
    std::optional<base::Nanoseconds> watchdog_interval() const { return watchdog_; }

  private:
    std::string socket_;
    std::optional<base::Nanoseconds> watchdog_;
};

} // namespace cmw::app
