// SPDX-License-Identifier: Apache-2.0
//
// container/container.hpp - a container that was started, watched by a thread that sleeps until the
// engine tells of its end, and by another that copies its log into the files of its service. An
// engine that goes away is no exit: both connect anew, with growing pauses.
//
// When the program has ended, the rest of its log is copied and the container removed; then its end
// is told.
#pragma once

#include "engine.hpp"
#include "output.hpp"
#include "state.hpp"

#include <mutex>
#include <thread>

namespace cmw::container {

class Container {
  public:
    struct Facts {
        std::string socket; ///< Of the engine.
        std::string name;   ///< For the operator.
        std::string id;
        std::int64_t pid;
        Output::Paths paths;
        std::string record; ///< See Output.
    };

    Container(Host host, Facts facts);
    ~Container(); ///< Leaves it running.
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    const Facts& facts() const { return facts_; }
    int exit_fd() const { return exit_fd_.get(); }
    std::optional<cmw_exit> exit() const; ///< Any thread.

  private:
    void watch() noexcept;
    void copy_log() noexcept;
    std::optional<State> wait_for_end(const Call& call);
    void finish(const Call& call, const std::optional<State>& state);
    void copy_rest(const Call& call);
    void copy(const Call& call, bool follow);
    void warn(const std::string& what, const std::exception& why) const;

    Host host_;
    Facts facts_;
    Output output_; ///< Of the log's thread until that has ended.
    shared::UniqueFd exit_fd_;
    shared::UniqueFd leave_fd_;
    shared::UniqueFd log_leave_fd_;
    mutable std::mutex mutex_;
    std::optional<cmw_exit> exit_;
    std::thread log_thread_;
    std::thread thread_; // Last: it uses all of the above.
};

/// A container by its name or id; nothing if there is none.
std::optional<State> inspect(const Call& call, Engine& engine, const std::string& container);

/// Removes one that does not run. One that is gone is no error. Throws Error(CMW_AGAIN).
void remove(const Call& call, Engine& engine, const std::string& container, bool by_force = false);

} // namespace cmw::container
