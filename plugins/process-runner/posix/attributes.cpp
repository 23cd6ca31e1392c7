// SPDX-License-Identifier: Apache-2.0
#include "attributes.hpp"

#include "new_process.hpp"
#include "shared/program_values.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cmw::posix {

Attributes parse_attributes(const UseSettings& use) {
    Attributes attributes;
    if (use.nice) attributes.nice = static_cast<int>(*use.nice);
    if (use.oom_score_adjust) attributes.oom_score = std::to_string(*use.oom_score_adjust);
    if (const auto io = shared::parse_io_class(use.io_class))
        attributes.io_priority = io->kind << IOPRIO_CLASS_SHIFT | io->level;
    attributes.umask = shared::parse_umask(use.umask);
    attributes.no_new_privileges = use.no_new_privileges;
    if (use.capabilities) attributes.capabilities = shared::parse_capabilities(*use.capabilities);
    return attributes;
}

// ---- In the new process ----------------------------------------------------------------------

namespace {

CMW_NEW_PROCESS long control(int what, unsigned long first, unsigned long second = 0) {
    return ::syscall(SYS_prctl, what, first, second, 0UL, 0UL);
}

CMW_NEW_PROCESS bool write_oom_score(const std::string& score) {
    const auto file =
        ::syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
    if (file < 0) return false;
    const auto written = ::syscall(SYS_write, file, score.data(), score.size());
    if (written >= 0) ::syscall(SYS_close, file);
    return written >= 0;
}

/// What no program that it executes can get any more. Kept over the change of the user: the others
/// are given up after it.
CMW_NEW_PROCESS bool bound_capabilities(std::uint64_t kept) {
    for (unsigned long bit = 0; bit < 64; ++bit) {
        const auto had = control(PR_CAPBSET_READ, bit);
        if (had < 0) break; // Beyond the kernel's last.
        if (had == 1 && (kept >> bit & 1) == 0 && control(PR_CAPBSET_DROP, bit) != 0) return false;
    }
    return control(PR_SET_KEEPCAPS, 1) == 0;
}

CMW_NEW_PROCESS bool keep_capabilities(std::uint64_t kept) {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2];
    for (int half = 0; half < 2; ++half) {
        const auto bits = static_cast<std::uint32_t>(kept >> (32 * half));
        data[half].effective = data[half].permitted = data[half].inheritable = bits;
    }
    if (::syscall(SYS_capset, &head, data) != 0) return false;
    if (control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL) != 0) return false;
    for (unsigned long bit = 0; bit < 64; ++bit)
        if ((kept >> bit & 1) != 0 && control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit) != 0)
            return false;
    return true;
}

} // namespace

CMW_NEW_PROCESS const char* take_before_user(const Attributes& a) noexcept {
    if (a.nice && ::syscall(SYS_setpriority, PRIO_PROCESS, 0, *a.nice) != 0) return "nice";
    if (!a.oom_score.empty() && !write_oom_score(a.oom_score)) return "oom-score-adjust";
    if (a.io_priority && ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, *a.io_priority) != 0)
        return "io-class";
    if (a.capabilities && !bound_capabilities(*a.capabilities)) return "capabilities";
    return nullptr;
}

CMW_NEW_PROCESS const char* take_last(const Attributes& a) noexcept {
    if (a.capabilities && !keep_capabilities(*a.capabilities)) return "capabilities";
    if (a.no_new_privileges && control(PR_SET_NO_NEW_PRIVS, 1) != 0) return "no-new-privileges";
    if (a.umask) ::syscall(SYS_umask, *a.umask);
    return nullptr;
}

} // namespace cmw::posix
