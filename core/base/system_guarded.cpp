// SPDX-License-Identifier: Apache-2.0
//
// A program under a keeper: see helper.hpp. Between fork and execute only plain system calls are
// made, on what was prepared before: other threads of the host may have held any lock.
#include "base/system_attempt.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cmw::base::sys {

namespace {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Outcome<Pipe> make_pipe() {
    std::array<int, 2> fds{-1, -1};
    return attempt(Call::pipe, {}, [&] { return ::pipe2(fds.data(), O_CLOEXEC); }).map([&](int) {
        return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
    });
}

/// Blocks every signal of this thread: no handler of the host may run in a new process.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_;
};

/// Waits until nobody holds the other end of the lifeline, and takes the group along.
[[noreturn]] void keep(int lifeline) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "hook-keeper");
    if (lifeline > 0) ::syscall(SYS_close_range, 0, lifeline - 1, 0);
    ::syscall(SYS_close_range, lifeline + 1, ~0u, 0);
    char byte = 0;
    while (::read(lifeline, &byte, 1) < 0 && errno == EINTR) {
    }
    ::kill(0, SIGKILL);
    ::_exit(0);
}

struct Plan {
    const char* executable;
    char* const* arguments;
    char* const* environment;
    const Account* account;
    pid_t host;
    pid_t group;
    int output;
    int report;
};

/// By system calls: the C library's functions would talk to threads that are not there.
bool become(const Account& account) {
    return ::syscall(SYS_setgroups, account.groups.size(), account.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, account.group, account.group, account.group) == 0 &&
           ::syscall(SYS_setresuid, account.user, account.user, account.user) == 0;
}

/// Returns only if it cannot become the program.
void become_program(const Plan& plan) {
    if (::setpgid(0, plan.group) != 0) return;
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || ::dup2(null, 0) < 0) return;
    if (::dup2(plan.output, 1) < 0 || ::dup2(plan.output, 2) < 0) return;
    if (::syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return;
    if (::chdir("/") != 0) return;
    if (plan.account != nullptr && !become(*plan.account)) return;
    // A host that is killed while this is not yet in the keeper's care takes it along.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.host) ::_exit(127);
    for (int signal = 1; signal < SIGRTMIN; ++signal) (void)::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(plan.executable, plan.arguments, plan.environment);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

void reap(pid_t pid) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// What became of execute: 0, or an errno. Its end of the pipe closes when it is done.
int reported(int pipe) {
    int error = 0;
    ssize_t got = 0;
    while ((got = ::read(pipe, &error, sizeof error)) < 0 && errno == EINTR) {
    }
    return got == sizeof error ? error : 0;
}

} // namespace

Outcome<Guarded> spawn_guarded(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment,
                               const std::optional<Account>& account) {
    if (const int fault = planned_fault(Call::fork, arguments.front()))
        return tl::unexpected(fault);
    auto lifeline = make_pipe();
    if (!lifeline) return tl::unexpected(lifeline.error());
    auto output = make_pipe();
    if (!output) return tl::unexpected(output.error());
    auto report = make_pipe();
    if (!report) return tl::unexpected(report.error());
    if (::fcntl(output->read.get(), F_SETFL, O_NONBLOCK) != 0) return tl::unexpected(errno);
    const auto argv = pointers(arguments);
    const auto envp = pointers(environment);
    const SignalsBlocked blocked;
    Guarded guarded;
    guarded.keeper = ::fork();
    if (guarded.keeper < 0) return tl::unexpected(errno);
    if (guarded.keeper == 0) keep(lifeline->read.get());
    ::setpgid(guarded.keeper, guarded.keeper); // Both say so: whoever comes first.
    guarded.lifeline = std::move(lifeline->write);
    const Plan plan{arguments.front().c_str(),     argv.data(),        envp.data(),
                    account ? &*account : nullptr, ::getpid(),         guarded.keeper,
                    output->write.get(),           report->write.get()};
    guarded.program.pid = ::fork();
    if (guarded.program.pid == 0) {
        become_program(plan);
        const int error = errno;
        static_cast<void>(!::write(plan.report, &error, sizeof error));
        ::_exit(127);
    }
    int error = guarded.program.pid < 0 ? errno : 0;
    report->write.reset();
    if (error == 0) error = reported(report->read.get());
    if (error == 0) {
        guarded.program.pidfd.reset(
            static_cast<int>(::syscall(SYS_pidfd_open, guarded.program.pid, 0)));
        if (!guarded.program.pidfd) error = errno;
    }
    guarded.output = std::move(output->read);
    if (error == 0) return guarded;
    static_cast<void>(kill_and_reap(guarded));
    return tl::unexpected(error);
}

Outcome<int> kill_and_reap(const Guarded& guarded) {
    // The keeper is not reaped yet: nobody else can have its number, which is the group's.
    ::kill(-guarded.keeper, SIGKILL);
    int status = 0;
    Outcome<int> outcome = 0;
    if (guarded.program.pid > 0)
        outcome = attempt(Call::read, {}, [&] {
                      return ::waitpid(guarded.program.pid, &status, 0);
                  }).map([&](pid_t) { return status; });
    reap(guarded.keeper);
    return outcome;
}

Outcome<Nanoseconds> process_age(std::int64_t pid) {
    const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    if (!text) return tl::unexpected(text.error());
    // Field 22, in ticks since the machine's start; the name, field 2, may hold blanks and brackets.
    auto at = text->rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = text->find(' ', at + 1);
    timespec now{};
    if (at == std::string::npos || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return tl::unexpected(EINVAL);
    const auto ticks = std::strtoll(text->c_str() + at, nullptr, 10);
    const auto per_second = ::sysconf(_SC_CLK_TCK);
    const auto started = Nanoseconds(ticks * (1'000'000'000 / per_second));
    const auto present = std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
    return std::max<Nanoseconds>(present - started, Nanoseconds::zero());
}

} // namespace cmw::base::sys
