// SPDX-License-Identifier: Apache-2.0
//
// `cmix-wrapper run`: the process around a host. One at a time for a state folder; signals; what
// systemd is told; another configuration without a new process.
#include "app/commands.hpp"
#include "app/definition.hpp"
#include "app/host.hpp"
#include "app/network_check.hpp"
#include "app/service_manager.hpp"
#include "app/terminal.hpp"
#include "app/version.hpp"
#include "base/system.hpp"
#include "logs/own_log.hpp"

#include <cmw/abi/plugin.h>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <thread>

namespace cmw::app {

using base::Result;

namespace {

/// Held while a host uses the state folder, so that there is never a second one; the kernel lets
/// go of it however the host ends.
Result<base::UniqueFd> lock_state(const std::string& state_dir) {
    if (const auto made = base::sys::make_folders(state_dir, 0750); !made)
        return base::fail(base::system_problem(state_dir, "make the folder", made.error()));
    const auto path = state_dir + "/lock";
    auto file = base::sys::open(path, O_RDWR | O_CREAT, 0640);
    if (!file) return base::fail(base::system_problem(path, "open the file", file.error()));
    // A host that was killed while it started a program lives on in that child, until it executes.
    const auto give_up = base::monotonic_now() + std::chrono::seconds(1);
    while (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
        if (base::monotonic_now() < give_up) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            continue;
        }
        return base::fail(state_dir, "cannot use the state folder: another host is running on it",
                          "stop that one, or set [host] state-dir to another folder");
    }
    return std::move(*file);
}

/// Signals arrive at a descriptor; before any thread, so that all threads inherit the mask.
Result<base::UniqueFd> open_signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted, signal);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    (void)std::signal(SIGPIPE, SIG_IGN);
    auto fd = base::sys::signals(wanted);
    if (!fd) return base::fail(base::system_problem("", "open a signal descriptor", fd.error()));
    return std::move(*fd);
}

/// A core file of ours would hold the operator's secrets. Programs that we start get the limit
/// back, by their runner.
void forbid_core_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &limit);
}

class Process {
  public:
    Process(base::EventLoop& loop, Arguments arguments, ServiceManager manager)
        : loop_(loop), arguments_(std::move(arguments)), manager_(std::move(manager)) {}

    /// Until a signal ends it; the exit status.
    int run(Configuration configuration, int signal_fd);

  private:
    Result<> begin(Configuration configuration);
    void on_signal(int signal_fd);
    Result<> reload();
    void replace_host();
    void end();
    void feed_watchdog();

    base::EventLoop& loop_;
    Arguments arguments_;
    ServiceManager manager_;
    std::unique_ptr<Host> host_;
    std::optional<Configuration> next_; ///< Read and checked, to take the present one's place.
    base::EventLoop::Handle watchdog_;
    bool ending_ = false;
    int status_ = ExitStatus::done;
};

Result<> Process::begin(Configuration configuration) {
    auto host = Host::create(loop_, std::move(configuration), [this] { return reload(); });
    if (!host) return tl::unexpected(host.error());
    host_ = std::move(*host);
    return {};
}

int Process::run(Configuration configuration, int signal_fd) {
    const auto watch =
        loop_.watch(signal_fd, EPOLLIN, [this, signal_fd](auto) { on_signal(signal_fd); });
    if (!watch) {
        report(watch.error());
        return ExitStatus::failed;
    }
    if (const auto begun = begin(std::move(configuration)); !begun) {
        report(begun.error());
        return ExitStatus::failed;
    }
    logs::log_line(CMW_LEVEL_INFO, fmt::format("cmix-wrapper {} runs", program_version));
    manager_.notify("READY=1\nSTATUS=running");
    feed_watchdog();
    loop_.run();
    logs::log_line(CMW_LEVEL_INFO, "cmix-wrapper ends");
    host_.reset();
    return status_;
}

void Process::feed_watchdog() {
    if (!manager_.watchdog_interval()) return;
    manager_.notify("WATCHDOG=1");
    watchdog_ = loop_.after(*manager_.watchdog_interval(), [this] { feed_watchdog(); });
}

void Process::on_signal(int signal_fd) {
    signalfd_siginfo info{};
    const auto bytes = std::as_writable_bytes(std::span(&info, 1));
    while (base::sys::read(signal_fd, bytes) == bytes.size()) {
        if (info.ssi_signo != SIGHUP) {
            end();
        } else if (const auto done = reload(); !done) {
            logs::log_line(CMW_LEVEL_ERROR, base::to_string(done.error()));
        }
    }
}

void Process::end() {
    if (std::exchange(ending_, true)) return;
    manager_.notify("STOPPING=1");
    const auto& settings = host_->configuration().loaded.settings;
    if (settings.host.keep_services_on_exit) {
        host_->suspend();
        return loop_.stop();
    }
    std::vector<std::string> names;
    for (const auto& service : settings.services) names.push_back(service.name);
    host_->stop_services(names, [this] { loop_.stop(); });
}

/// Checks the configuration now; what is wrong with it changes nothing. The change itself comes
/// after the answer to whoever asked.
Result<> Process::reload() {
    if (ending_ || next_) return {};
    auto read = read_configuration(arguments_);
    const auto problems = read ? read->loaded.problems : read.error();
    if (!problems.empty()) {
        auto problem = problems.front();
        problem.what = "cannot reload the configuration: " + problem.what;
        if (problems.size() > 1)
            problem.fix +=
                fmt::format(" ({} more problems: see 'cmix-wrapper check')", problems.size() - 1);
        return base::fail(std::move(problem));
    }
    const auto& now = host_->configuration().loaded.settings.host;
    if (read->loaded.settings.host.state_dir != now.state_dir)
        return base::fail(read->loaded.settings.host.position.to_string(),
                          "cannot change state-dir while the host runs",
                          "stop the host and start it again");
    next_ = std::move(*read);
    loop_.post([this] { replace_host(); });
    return {};
}

/// The way of a restart, without a new process: services go on, and the next host adopts them. Only
/// those that are defined in another way are stopped first.
void Process::replace_host() {
    manager_.notify("RELOADING=1");
    const auto stopped =
        changed_services(host_->configuration().loaded.settings, next_->loaded.settings);
    host_->stop_services(stopped, [this] {
        loop_.post([this] {
            if (ending_) return;
            host_.reset();
            auto configuration = std::move(*next_);
            next_.reset();
            if (const auto begun = begin(std::move(configuration)); !begun) {
                // What was checked could not be made: systemd starts us again, services go on.
                logs::log_line(CMW_LEVEL_ERROR, base::to_string(begun.error()));
                status_ = ExitStatus::failed;
                return loop_.stop();
            }
            logs::log_line(CMW_LEVEL_INFO, "the configuration was read again");
            manager_.notify("READY=1\nSTATUS=running");
        });
    });
}

} // namespace

int run(const Arguments& arguments) {
    const auto manager = ServiceManager::from_environment();
    auto configuration = read_configuration(arguments);
    const auto problems = configuration ? configuration->loaded.problems : configuration.error();
    if (configuration) report(configuration->loaded.warnings, "warning", Colour::yellow);
    if (!problems.empty()) report(problems, "error", Colour::red);
    // A plugin that cannot be loaded is shown in `status`; a node is not kept down for it.
    if (!configuration || problems.size() > configuration->loaded.unavailable)
        return ExitStatus::usage;
    forbid_core_files();
    const auto& settings = configuration->loaded.settings;
    const auto slow = network_problem(settings.host);
    if (slow && settings.host.network_check == "refuse") {
        report(*slow);
        return ExitStatus::usage;
    }
    const auto lock = lock_state(settings.host.state_dir);
    auto signals = open_signals();
    auto loop = base::EventLoop::create();
    for (const auto& problem : {lock ? std::nullopt : std::optional(lock.error()),
                                signals ? std::nullopt : std::optional(signals.error()),
                                loop ? std::nullopt : std::optional(loop.error())}) {
        if (!problem) continue;
        report(*problem);
        return ExitStatus::failed;
    }
    const auto* own = settings.stream(config::own_stream);
    const auto path =
        own != nullptr ? own->path : settings.host.state_dir + "/log/cmix-wrapper.log";
    if (const auto opened = logs::init_own_log({settings.host.log_level, path}); !opened)
        report(opened.error());
    if (slow) logs::log_line(CMW_LEVEL_WARN, base::to_string(*slow));
    Process process(**loop, arguments, manager);
    return process.run(std::move(*configuration), signals->get());
}

} // namespace cmw::app
