// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/process_runner.hpp - a process runner as the core sees it.
#pragma once

#include "plugin_host/instance.hpp"

namespace cmw::plugin_host {

struct Program {
    std::string name; ///< Of the service.
    std::string executable;
    std::vector<std::string> arguments;   ///< argv, the program's name first.
    std::vector<std::string> environment; ///< "NAME=value"
    std::string directory;                ///< "": the root directory.
    std::string output_path;              ///< "": thrown away.
    std::string error_path;
    config::OptionValues use;
};

struct Process {
    std::uint64_t id = 0; ///< In later calls.
    std::int64_t pid = 0; ///< For display; 0: none.
    int exit_fd = -1;     ///< Readable once it has ended; the runner's, open until release().
};

struct Exit {
    int code = 0; ///< CMW_EXIT_UNKNOWN: of an adopted process, not known.
    int signal = 0;
    bool operator==(const Exit&) const = default;
};

/// What a process uses, with what it started as far as its runner can tell. Nothing: not known.
struct Usage {
    std::optional<std::int64_t> memory_bytes;
    std::optional<std::int64_t> cpu_us; ///< Processor time since its start, in microseconds.
    std::optional<std::int64_t> threads;
    std::optional<std::int64_t> descriptors; ///< Open ones, of the program itself.
    std::optional<std::int64_t> processes;
    bool operator==(const Usage&) const = default;
};

/// "exited with status 3", "killed by SIGSEGV (signal 11)", "ended, its status unknown".
std::string to_string(const Exit& exit);

enum class StopHow { gently, now };

/// An interface so that the supervisor is tested without a plugin. `done` runs on the loop's
/// thread. adopt() takes back what an earlier host started
/// under that name; CMW_NOT_FOUND: it is gone.
class ProcessRunner {
  public:
    template <class T>
    using Done = std::function<void(tl::expected<T, Failure>)>;

    virtual ~ProcessRunner() = default;
    virtual void start(const Program& program, Done<Process> done) = 0;
    virtual void adopt(const std::string& name, Done<Process> done) = 0;
    virtual void stop(std::uint64_t id, StopHow how, Done<void> done) = 0;
    /// CMW_AGAIN while it runs.
    virtual void outcome(std::uint64_t id, Done<Exit> done) = 0;
    virtual void release(std::uint64_t id) = 0;
    /// Nothing: the runner does not tell.
    virtual void usage(std::uint64_t id, std::function<void(std::optional<Usage>)> done) = 0;
    virtual InstanceStatus status() const = 0;
};

std::unique_ptr<ProcessRunner> make_process_runner(Instance& instance);

} // namespace cmw::plugin_host
