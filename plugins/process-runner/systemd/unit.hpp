// SPDX-License-Identifier: Apache-2.0
//
// systemd/unit.hpp - a unit that runs, watched by a thread that sleeps until systemd tells of it.
// The thread has a connection of its own, which keeps an ended unit loaded until its exit is read.
// A bus that goes away is no exit: the thread connects anew, with growing pauses, and looks.
#pragma once

#include "manager.hpp"
#include "shared/unique_fd.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace cmw::systemd {

/// A connection on which the signals of one unit are heard.
class UnitBus {
  public:
    UnitBus(const Call& call, const std::string& address, std::string unit);
    Connection& connection() { return connection_; }
    Manager& manager() { return manager_; }
    /// Waits until something of the unit changed since the last time.
    void wait_for_change(const Call& call);
    /// Waits for what became of a job: "done", "failed", "canceled" ...
    std::string wait_for_job(const Call& call, const std::string& job);

  private:
    bool changed_ = false;
    std::map<std::string, std::string> jobs_; ///< Those of this unit that are done with.
    std::string unit_;
    Connection connection_;
    Manager manager_{connection_};
};

class Unit {
  public:
    /// `bus` has the unit kept.
    Unit(Host host, std::string address, std::string name, std::unique_ptr<UnitBus> bus);
    ~Unit(); ///< Leaves it running.
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

    const std::string& name() const { return name_; }
    int exit_fd() const { return exit_fd_.get(); }
    std::optional<cmw_exit> exit() const; ///< Any thread.

  private:
    void watch(std::unique_ptr<UnitBus> bus) noexcept;
    cmw_exit follow(const Call& call, UnitBus& bus);
    std::unique_ptr<UnitBus> connect_again(const Call& call);
    void end(cmw_exit exit) noexcept;

    Host host_;
    std::string address_;
    std::string name_;
    shared::UniqueFd exit_fd_;
    shared::UniqueFd leave_fd_;
    mutable std::mutex mutex_;
    std::optional<cmw_exit> exit_;
    std::thread thread_; // Last: it uses all of the above.
};

} // namespace cmw::systemd
