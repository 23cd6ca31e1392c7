// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/process_runner.hpp"

#include <cmw/abi/process_runner.h>
#include <cstring>
#include <fmt/format.h>

namespace cmw::plugin_host {

namespace {

using Outcome = tl::expected<void, Failure>;

constexpr auto default_deadline = std::chrono::seconds(30);
constexpr cmw_process no_process{sizeof(cmw_process), -1, 0, 0};

/// A text of C, or nullptr for "".
const char* text_or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

/// The texts, then nullptr.
std::vector<const char*> pointers(const std::vector<std::string>& texts) {
    std::vector<const char*> list;
    for (const auto& text : texts) list.push_back(text.c_str());
    list.push_back(nullptr);
    return list;
}

Outcome start_now(const Program& program, const ConfigTable& use, cmw_process& process,
                  Session& session, const cmw_call& call) {
    const auto arguments = pointers(program.arguments);
    const auto environment = pointers(program.environment);
    const cmw_program table{sizeof(cmw_program),
                            0,
                            program.name.c_str(),
                            program.executable.c_str(),
                            arguments.data(),
                            environment.data(),
                            text_or_null(program.directory),
                            text_or_null(program.output_path),
                            text_or_null(program.error_path),
                            &use.get()};
    const auto& ops = session.ops<cmw_process_runner_ops>();
    return guarded_call([&](cmw_error* error) {
        return may_throw(ops.start)(session.handle(), &call, &table, &process, error);
    });
}

/// A runner that cannot adopt lets nothing outlive it: what it ran is gone.
Outcome adopt_now(const std::string& name, cmw_process& process, Session& session,
                  const cmw_call& call) {
    const auto& ops = session.ops<cmw_process_runner_ops>();
    const Failure unable{CMW_NOT_FOUND, "cannot adopt: the runner does not know how to", {}};
    if (ops.adopt == nullptr) return tl::unexpected(unable);
    auto result = guarded_call([&](cmw_error* error) {
        return may_throw(ops.adopt)(session.handle(), &call, name.c_str(), &process, error);
    });
    if (!result && result.error().status == CMW_UNSUPPORTED) return tl::unexpected(unable);
    return result;
}

/// Nothing: it cannot tell, or this process has ended.
std::optional<Usage> usage_now(std::uint64_t id, Session& session) {
    const auto& ops = session.ops<cmw_process_runner_ops>();
    if (!CMW_HAS(&ops, usage) || ops.usage == nullptr) return std::nullopt;
    constexpr std::int64_t unknown = CMW_USAGE_UNKNOWN;
    cmw_usage told{sizeof(cmw_usage), 0, unknown, unknown, unknown, unknown, unknown};
    const auto result = guarded_call(
        [&](cmw_error* error) { return may_throw(ops.usage)(session.handle(), id, &told, error); });
    if (!result) return std::nullopt;
    const auto known = [](std::int64_t number) {
        return number < 0 ? std::nullopt : std::optional(number);
    };
    return Usage{known(told.memory_bytes), known(told.cpu_us), known(told.threads),
                 known(told.descriptors), known(told.processes)};
}

/// What a runner filled in, if it makes sense.
Outcome check(const cmw_process& process) {
    if (process.id != 0 && process.exit_fd >= 0) return {};
    return tl::unexpected(Failure{
        CMW_INVALID, "cannot use the runner's answer: the process has no id or no descriptor", {}});
}

class Adapter final : public ProcessRunner {
  public:
    explicit Adapter(Instance& instance) : instance_(instance) {}

    void start(const Program& program, Done<Process> done) override {
        auto owned = std::make_shared<const std::pair<Program, ConfigTable>>(
            program, ConfigTable(program.use));
        begin(
            [owned](cmw_process& process, Session& session, const cmw_call& call) {
                return start_now(owned->first, owned->second, process, session, call);
            },
            std::move(done));
    }

    void adopt(const std::string& name, Done<Process> done) override {
        begin([name](cmw_process& process, Session& session,
                     const cmw_call& call) { return adopt_now(name, process, session, call); },
              std::move(done));
    }

    void stop(std::uint64_t id, StopHow how, Done<void> done) override {
        const std::uint32_t code = how == StopHow::now ? CMW_STOP_NOW : CMW_STOP_GENTLY;
        instance_.call(
            deadline(),
            [id, code](Session& session, const cmw_call& call) {
                const auto& ops = session.ops<cmw_process_runner_ops>();
                return guarded_call([&](cmw_error* error) {
                    return may_throw(ops.stop)(session.handle(), &call, id, code, error);
                });
            },
            std::move(done));
    }

    void outcome(std::uint64_t id, Done<Exit> done) override {
        auto answer = std::make_shared<tl::expected<Exit, Failure>>();
        instance_.call(
            deadline(),
            [id, answer](Session& session, const cmw_call&) -> Outcome {
                const auto& ops = session.ops<cmw_process_runner_ops>();
                cmw_exit exit{sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0};
                const auto result = guarded_call([&](cmw_error* error) {
                    return may_throw(ops.outcome)(session.handle(), id, &exit, error);
                });
                if (result)
                    *answer = Exit{exit.code, exit.signal};
                else
                    *answer = tl::unexpected(result.error());
                // That a process still runs is an answer, not a fault of the runner.
                const bool runs = !result && result.error().status == CMW_AGAIN;
                return runs ? Outcome() : result;
            },
            [answer, done = std::move(done)](const Outcome& result) {
                if (result)
                    done(*answer);
                else
                    done(tl::unexpected(result.error()));
            });
    }

    void release(std::uint64_t id) override {
        instance_.call(
            deadline(),
            [id](Session& session, const cmw_call&) {
                const auto& ops = session.ops<cmw_process_runner_ops>();
                return guarded_call([&](cmw_error*) -> cmw_status {
                    may_throw(ops.release)(session.handle(), id);
                    return CMW_OK;
                });
            },
            [](const Outcome&) {});
    }

    void usage(std::uint64_t id, std::function<void(std::optional<Usage>)> done) override {
        auto answer = std::make_shared<std::optional<Usage>>();
        instance_.call(
            deadline(),
            [id, answer](Session& session, const cmw_call&) {
                *answer = usage_now(id, session);
                return Outcome(); // To tell nothing is no fault of the runner.
            },
            [answer, done = std::move(done)](const Outcome& result) {
                done(result ? *answer : std::nullopt);
            });
    }

    InstanceStatus status() const override { return instance_.status(); }

  private:
    using Begin = std::function<Outcome(cmw_process&, Session&, const cmw_call&)>;

    base::Nanoseconds deadline() const {
        return instance_.settings().deadline.value_or(default_deadline);
    }

    /// start() and adopt(): `how` fills in a process.
    void begin(Begin how, Done<Process> done) {
        auto answer = std::make_shared<Process>();
        instance_.call(
            deadline(),
            [answer, how = std::move(how)](Session& session, const cmw_call& call) {
                auto process = no_process;
                auto result = how(process, session, call);
                if (result) result = check(process);
                if (result) *answer = {process.id, process.pid, process.exit_fd};
                return result;
            },
            [answer, done = std::move(done)](const Outcome& result) {
                done(result.map([&] { return *answer; }));
            });
    }

    Instance& instance_;
};

} // namespace

std::string to_string(const Exit& exit) {
    if (exit.signal != 0) {
        const char* abbreviation = ::sigabbrev_np(exit.signal);
        return abbreviation != nullptr
                   ? fmt::format("killed by SIG{} (signal {})", abbreviation, exit.signal)
                   : fmt::format("killed by signal {}", exit.signal);
    }
    if (exit.code == CMW_EXIT_UNKNOWN) return "ended, its status unknown";
    return fmt::format("exited with status {}", exit.code);
}

std::unique_ptr<ProcessRunner> make_process_runner(Instance& instance) {
    return std::make_unique<Adapter>(instance);
}

} // namespace cmw::plugin_host
