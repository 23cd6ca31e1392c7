// SPDX-License-Identifier: Apache-2.0
//
// The new process shares the host's memory until it executes, as with vfork: that is fast and does
// not depend on the host's size. So everything below that runs in it is a plain system call on what
// was prepared before: no allocation, no lock, no library function with state. The host's thread
// sleeps meanwhile. A process that gives up root's rights gets a copy of the memory instead: one
// that other users may trace must not share the host's.
#include "launch.hpp"

#include "new_process.hpp"
#include "process_record.hpp"
#include "system_error.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

namespace cmw::posix {

namespace {

enum class Step : int {
    none,
    session,
    limits,
    record,
    cgroup,
    user,
    directory,
    input,
    output,
    errors,
    descriptors,
    option,
    execute
};

/// What a process that failed leaves behind, in memory that both see.
struct Report {
    volatile int error;
    volatile Step step;
    const char* volatile option; ///< Of Step::option: its name.
};

constexpr std::size_t stack_size = 64 * 1024;

/// The new process's stack, and the report at its low end.
class Shared {
  public:
    Shared()
        : memory_(::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0)) {
        if (memory_ == MAP_FAILED) throw system_error("get memory for a new process", errno);
    }
    ~Shared() { ::munmap(memory_, stack_size); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    Report& report() const { return *static_cast<Report*>(memory_); }
    void* stack_top() const { return static_cast<char*>(memory_) + stack_size; }

  private:
    void* memory_;
};

/// All that the new process needs, ready to be used.
struct Plan {
    const Launch& launch;
    Report& report;
    const char* record_path;
    const char* record_written; ///< Renamed to record_path when it is whole.
    iovec record_tail;          ///< "boot ...", "mark ...", "cgroup ...", "executable ..."
    int cgroup;                 ///< Its cgroup.procs; -1: none.
};

// ---- In the new process ----------------------------------------------------------------------

CMW_NEW_PROCESS bool set_limits(const Plan& plan) {
    const auto* limit = plan.launch.limits.data();
    for (auto left = plan.launch.limits.size(); left > 0; --left, ++limit)
        if (::syscall(SYS_prlimit64, 0, limit->resource, &limit->value, nullptr) != 0) return false;
    return true;
}

/// Appends decimal digits.
CMW_NEW_PROCESS char* put_number(char* at, std::uint64_t number) {
    char digits[20];
    int count = 0;
    do {
        digits[count++] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) *at++ = digits[--count];
    return at;
}

CMW_NEW_PROCESS char* put_text(char* at, const char* text) {
    while (*text != '\0') *at++ = *text++;
    return at;
}

CMW_NEW_PROCESS bool write_record(const Plan& plan) {
    char stat[1024];
    const auto proc = static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0));
    if (proc < 0) return false;
    const auto got = ::syscall(SYS_read, proc, stat, sizeof stat);
    ::syscall(SYS_close, proc);
    const char* start = got > 0 ? stat_field(stat, static_cast<std::size_t>(got), 22) : nullptr;
    if (start == nullptr) return errno = EINVAL, false;

    char head[64];
    char* at =
        put_number(put_text(head, "pid "), static_cast<std::uint64_t>(::syscall(SYS_getpid)));
    at = put_text(at, "\nstart ");
    while (*start >= '0' && *start <= '9') *at++ = *start++;
    at = put_text(at, "\n");

    const auto file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, plan.record_written,
                                                 O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file < 0) return false;
    const iovec parts[2] = {{head, static_cast<std::size_t>(at - head)}, plan.record_tail};
    const auto whole = static_cast<long>(parts[0].iov_len + parts[1].iov_len);
    const auto written = ::syscall(SYS_writev, file, parts, 2);
    if (written >= 0 && written != whole) errno = ENOSPC;
    if (written != whole) return false;
    ::syscall(SYS_close, file);
    return ::syscall(SYS_renameat2, AT_FDCWD, plan.record_written, AT_FDCWD, plan.record_path, 0) ==
           0;
}

/// System calls, not the C library's functions: those would change the host's threads with it.
CMW_NEW_PROCESS bool become(const Identity& identity) {
    return ::syscall(SYS_setgroups, identity.groups.size(), identity.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, identity.group, identity.group, identity.group) == 0 &&
           ::syscall(SYS_setresuid, identity.user, identity.user, identity.user) == 0;
}

/// Descriptors are taken in order, so the lowest free one is the one wanted.
CMW_NEW_PROCESS bool open_as(int wanted, const char* path, int flags) {
    ::syscall(SYS_close, wanted);
    return ::syscall(SYS_openat, AT_FDCWD, path, flags, 0640) == wanted;
}

/// By the kernel's own calls: the C library hides two signals.
CMW_NEW_PROCESS void reset_signals() {
    constexpr std::size_t set_size = 8; // Bytes of the kernel's signal set.
    const std::uint64_t usual[4] = {};  // Its struct sigaction: SIG_DFL, no flag, empty mask.
    const std::uint64_t none = 0;
    for (int signal = 1; signal <= 64; ++signal)
        ::syscall(SYS_rt_sigaction, signal, usual, nullptr, set_size);
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, set_size);
}

/// The step that failed, with errno set; does not return if all went well.
CMW_NEW_PROCESS Step become_program(const Plan& plan) {
    const auto& launch = plan.launch;
    if (::syscall(SYS_setsid) < 0) return Step::session;
    if (!write_record(plan)) return Step::record;
    if (plan.cgroup >= 0 && ::syscall(SYS_write, plan.cgroup, "0", 1) != 1) return Step::cgroup;
    plan.report.option = take_before_user(launch.attributes);
    if (plan.report.option != nullptr) return Step::option;
    if (!set_limits(plan)) return Step::limits; // After the record: they may be tight.
    if (launch.identity && !become(*launch.identity)) return Step::user;
    if (::syscall(SYS_chdir, launch.directory) != 0) return Step::directory;
    if (!open_as(0, "/dev/null", O_RDONLY)) return Step::input;
    constexpr int append = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY;
    if (!open_as(1, launch.output_path, append)) return Step::output;
    if (!open_as(2, launch.error_path, append)) return Step::errors;
    // Libraries of other plugins may have descriptors that are not close-on-exec.
    if (::syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return Step::descriptors;
    reset_signals();
    plan.report.option = take_last(launch.attributes);
    if (plan.report.option != nullptr) return Step::option;
    ::syscall(SYS_execve, launch.executable, launch.arguments, launch.environment);
    return Step::execute;
}

CMW_NEW_PROCESS int new_process(void* argument) {
    const auto& plan = *static_cast<const Plan*>(argument);
    const Step failed = become_program(plan);
    plan.report.error = errno;
    plan.report.step = failed;
    ::syscall(SYS_exit_group, 127);
    return 127;
}

// ---- In the host -----------------------------------------------------------------------------

/// Blocks every signal of this thread: no handler of the host may run in the new process.
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

std::string describe(Step step, const char* option, const Launch& launch) {
    switch (step) {
    case Step::option:
        return "set the option " + std::string(option) + " for " + launch.executable;
    case Step::session:
        return "begin a session";
    case Step::limits:
        return "set the resource limits";
    case Step::record:
        return "write " + launch.record_path;
    case Step::cgroup:
        return "join the cgroup " + launch.cgroup;
    case Step::user:
        return "change to the user and group";
    case Step::directory:
        return "change to the directory " + std::string(launch.directory);
    case Step::input:
        return "open /dev/null";
    case Step::output:
        return "open " + std::string(launch.output_path);
    case Step::errors:
        return "open " + std::string(launch.error_path);
    case Step::descriptors:
        return "close the host's descriptors";
    default:
        return "execute " + std::string(launch.executable);
    }
}

/// What was not allowed says what to do about it.
Error problem(const std::string& what, const Report& report) {
    const auto error = system_error(what, report.error);
    const bool denied = report.error == EPERM || report.error == EACCES;
    if (report.step != Step::option || !denied) return error;
    return Error(error.status(),
                 std::string(error.what()) + ": run the host as root, or leave this option out");
}

// ThreadSanitizer cannot follow a child that shares its parent's memory.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CMW_POSIX_COPY_MEMORY
#endif
#endif
#ifdef CMW_POSIX_COPY_MEMORY
constexpr bool may_share_memory = false;
#else
constexpr bool may_share_memory = true;
#endif

} // namespace

Launched launch(const Launch& launch) {
    const Shared shared;
    const auto written = launch.record_path + ".new";
    auto tail = "boot " + launch.boot + "\nmark " + launch.mark + "\n";
    if (!launch.cgroup.empty()) tail += "cgroup " + launch.cgroup + "\n";
    tail += "executable " + std::string(launch.executable) + "\n";
    const UniqueFd cgroup(launch.cgroup.empty() ? UniqueFd() : open_cgroup(launch.cgroup));
    Plan plan{launch,
              shared.report(),
              launch.record_path.c_str(),
              written.c_str(),
              {tail.data(), tail.size()},
              cgroup.get()};
    const bool own_memory = launch.identity || launch.attributes.need_own_memory();
    const int memory = may_share_memory && !own_memory ? CLONE_VM : 0;
    int pidfd = -1;
    pid_t pid = -1;
    int error = 0;
    {
        const SignalsBlocked blocked;
        pid = ::clone(&new_process, shared.stack_top(),
                      memory | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pidfd);
        error = errno;
    }
    if (pid < 0) throw system_error("make a process", error);
    Launched launched{pid, UniqueFd(pidfd)};
    if (shared.report().step == Step::none) return launched;

    siginfo_t ended{};
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ended, WEXITED) != 0 && errno == EINTR) {
    }
    ::unlink(written.c_str());
    ::unlink(launch.record_path.c_str());
    const auto& report = shared.report();
    throw problem(describe(report.step, report.option, launch), report);
}

} // namespace cmw::posix
