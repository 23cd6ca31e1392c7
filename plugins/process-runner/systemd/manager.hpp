// SPDX-License-Identifier: Apache-2.0
//
// systemd/manager.hpp - what is asked of systemd itself. Source: org.freedesktop.systemd1(5).
#pragma once

#include "connection.hpp"
#include "properties.hpp"

#include <cmw/process_runner.hpp>

namespace cmw::systemd {

/// A unit as it stands.
struct State {
    std::string active; ///< "active", "activating", "deactivating", "inactive", "failed" ...
    std::string result; ///< "success", "exit-code", "signal", "oom-kill" ...
    std::string description;
    std::uint32_t job = 0; ///< What systemd is about to do with it; 0: nothing.
    std::uint32_t main_pid = 0;
    std::int32_t exit_code = 0; ///< ExecMainCode
    std::int32_t exit_status = 0;
    bool ended() const { return (active == "inactive" || active == "failed") && job == 0; }
};

/// Requests over a connection; each throws as Connection::ask, and Error for what systemd refuses.
class Manager {
  public:
    explicit Manager(Connection& connection) : connection_(&connection) {}

    void subscribe(const Call& call);
    /// Gives the path of the job. The unit is kept loaded for this connection, also when it ends.
    std::string start(const Call& call, const std::string& unit, const std::string& description,
                      const cmw_program& program, const std::vector<Property>& properties);
    bool exists(const Call& call, const std::string& unit);
    void keep(const Call& call, const std::string& unit);   ///< Loaded, though it ends.
    void let_go(const Call& call, const std::string& unit); ///< The opposite.
    State state(const Call& call, const std::string& unit);
    /// Nothing happens if it has ended. `who`: "main" or "all".
    void kill(const Call& call, const std::string& unit, const char* who, int signal);
    /// Kills what runs and forgets what was to start; does not wait to hear of it.
    void drop(const std::string& unit) noexcept;

  private:
    Message request(const char* method, const char* interface = nullptr,
                    const char* path = nullptr) const;
    Message ask(const Call& call, const Message& message, const std::string& unit);
    Connection* connection_;
};

/// The D-Bus path of a unit.
std::string path_of(const std::string& unit);

} // namespace cmw::systemd
