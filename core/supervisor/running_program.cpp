// SPDX-License-Identifier: Apache-2.0
#include "supervisor/running_program.hpp"

#include "base/system.hpp"

namespace cmw::supervisor {

namespace {

/// Between tries of what only fails while the machine is out of memory or descriptors.
constexpr base::Nanoseconds retry = std::chrono::milliseconds(100);

} // namespace

std::shared_ptr<RunningProgram> RunningProgram::watch(base::EventLoop& loop,
                                                      plugin_host::ProcessRunner& runner,
                                                      const plugin_host::Process& process,
                                                      Hooks hooks) {
    const std::shared_ptr<RunningProgram> program(
        new RunningProgram(loop, runner, std::move(hooks)));
    program->told_again(process);
    return program;
}

RunningProgram::~RunningProgram() {
    runner_.release(process_.id);
}

void RunningProgram::told_again(const plugin_host::Process& process) {
    process_ = process;
    ++told_;
    watch_exit();
}

void RunningProgram::watch_exit() {
    watch_.reset();
    if (auto copy = base::sys::duplicate(process_.exit_fd)) exit_fd_ = std::move(*copy);
    auto watched = loop_.watch(exit_fd_.get(), EPOLLIN, [this](std::uint32_t) { ask_outcome(); });
    if (watched) {
        watch_ = std::move(*watched);
        return;
    }
    watch_later();
    hooks_.unwatched(base::to_string(watched.error()));
}

void RunningProgram::watch_later() {
    watch_ = loop_.after(retry, [this] { watch_exit(); });
}

void RunningProgram::ask_outcome() {
    watch_.reset();
    runner_.outcome(process_.id,
                    later([](RunningProgram& self, const auto& outcome) { self.take(outcome); }));
}

void RunningProgram::stop(plugin_host::StopHow how,
                          std::function<void(const plugin_host::Failure&)> refused) {
    runner_.stop(process_.id, how,
                 later([refused = std::move(refused)](RunningProgram&, const auto& answer) {
                     if (!answer) refused(answer.error());
                 }));
}

void RunningProgram::take(const tl::expected<plugin_host::Exit, plugin_host::Failure>& outcome) {
    if (outcome)
        hooks_.ended(to_string(*outcome), outcome->code == 0 && outcome->signal == 0);
    else if (outcome.error().status == CMW_AGAIN) // Readable, yet running: never spin on that.
        watch_later();
    else
        hooks_.ended("ended, its status unknown: " + outcome.error().text, false);
}

} // namespace cmw::supervisor
