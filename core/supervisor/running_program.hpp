// SPDX-License-Identifier: Apache-2.0
//
// supervisor/running_program.hpp - a program that runs: its end is noticed, and what it ended with is
// asked of its runner. Belongs to the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "base/unique_fd.hpp"
#include "plugin_host/process_runner.hpp"

namespace cmw::supervisor {

class RunningProgram : public std::enable_shared_from_this<RunningProgram> {
  public:
    struct Hooks {
        /// It has ended: how, in words, and whether by exit status 0. Once, not from within a call.
        std::function<void(const std::string& exit, bool success)> ended;
        /// Its end cannot be watched, for this reason; that is tried again.
        std::function<void(const std::string& reason)> unwatched;
    };

    static std::shared_ptr<RunningProgram> watch(base::EventLoop& loop,
                                                 plugin_host::ProcessRunner& runner,
                                                 const plugin_host::Process& process, Hooks hooks);
    ~RunningProgram(); ///< The runner may forget it; nothing more is told. It goes on running.

    const plugin_host::Process& process() const { return process_; }

    /// The runner told of the same program once more, perhaps with another descriptor: what it
    /// was asked before is of no interest any more.
    void told_again(const plugin_host::Process& process);

    /// Asks the runner to end it. `refused`: it did not take that.
    void stop(plugin_host::StopHow how, std::function<void(const plugin_host::Failure&)> refused);

  private:
    /// A callback of the runner's: does `work` if that is still wanted.
    template <class Work>
    auto later(Work work) {
        return
            [weak = weak_from_this(), asked = told_, work = std::move(work)](const auto& answer) {
                const auto self = weak.lock();
                if (self && self->told_ == asked) work(*self, answer);
            };
    }
    RunningProgram(base::EventLoop& loop, plugin_host::ProcessRunner& runner, Hooks hooks)
        : loop_(loop), runner_(runner), hooks_(std::move(hooks)) {}
    void watch_exit();
    void watch_later();
    void ask_outcome();
    void take(const tl::expected<plugin_host::Exit, plugin_host::Failure>& outcome);

    base::EventLoop& loop_;
    plugin_host::ProcessRunner& runner_;
    const Hooks hooks_;
    plugin_host::Process process_;
    std::uint64_t told_ = 0;
    base::UniqueFd exit_fd_; ///< Ours: the runner may lose its own with a session.
    base::EventLoop::Handle watch_;
};

} // namespace cmw::supervisor
