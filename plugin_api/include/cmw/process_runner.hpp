// SPDX-License-Identifier: Apache-2.0
//
// cmw/process_runner.hpp - base class of process runners, over cmw/abi/process_runner.h.
#pragma once

#include <cmw/abi/process_runner.h>
#include <cmw/registration.hpp>

namespace [[gnu::visibility("hidden")]] cmw {

class ProcessRunner {
  public:
    virtual ~ProcessRunner() = default;

    /// Start a program; fill in exit_fd and id, and where there is one pid.
    virtual void start(const Call& call, const cmw_program& program, cmw_process& process) = 0;

    /// Take back the process that an earlier run of the host started under this name.
    virtual void adopt(const Call&, const char* /*name*/, cmw_process&) {
        throw Error(CMW_UNSUPPORTED, "this runner cannot adopt a process");
    }

    /// Request the end: CMW_STOP_GENTLY or CMW_STOP_NOW.
    virtual void stop(const Call& call, std::uint64_t id, std::uint32_t how) = 0;

    /// How the process ended; nothing while it runs.
    virtual std::optional<cmw_exit> outcome(std::uint64_t id) = 0;

    /// Forget the id.
    virtual void release(std::uint64_t id) noexcept = 0;

    /// What it uses now; the members begin as not known. At once: see the C header.
    virtual void usage(std::uint64_t /*id*/, cmw_usage&) {
        throw Error(CMW_UNSUPPORTED, "this runner cannot tell what a process uses");
    }

    using Kind = ProcessRunner;
    static constexpr const char* kind = CMW_KIND_PROCESS_RUNNER;
    static const cmw_process_runner_ops ops;
};

inline constexpr cmw_process_runner_ops ProcessRunner::ops{
    .struct_size = sizeof(cmw_process_runner_ops),
    .start =
        [](void* instance, const cmw_call* call, const cmw_program* program, cmw_process* process,
           cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                static_cast<ProcessRunner*>(instance)->start(Call(call), *program, *process);
            });
        },
    .adopt =
        [](void* instance, const cmw_call* call, const char* name, cmw_process* process,
           cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                static_cast<ProcessRunner*>(instance)->adopt(Call(call), name, *process);
            });
        },
    .stop =
        [](void* instance, const cmw_call* call, std::uint64_t id, std::uint32_t how,
           cmw_error* error) noexcept {
            return detail::guarded(
                error, [&] { static_cast<ProcessRunner*>(instance)->stop(Call(call), id, how); });
        },
    .outcome =
        [](void* instance, std::uint64_t id, cmw_exit* exit, cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                const auto outcome = static_cast<ProcessRunner*>(instance)->outcome(id);
                if (!outcome) throw Error(CMW_AGAIN, "still running");
                *exit = *outcome;
            });
        },
    .release =
        [](void* instance, std::uint64_t id) noexcept {
            static_cast<ProcessRunner*>(instance)->release(id);
        },
    .usage =
        [](void* instance, std::uint64_t id, cmw_usage* usage, cmw_error* error) noexcept {
            return detail::guarded(
                error, [&] { static_cast<ProcessRunner*>(instance)->usage(id, *usage); });
        },
};

} // namespace cmw
