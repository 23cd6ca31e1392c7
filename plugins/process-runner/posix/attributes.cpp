// SPDX-License-Identifier: Apache-2.0
#include "attributes.hpp"

#include "new_process.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmw/error.hpp>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cmw::posix {

namespace {

/// By their numbers in linux/capability.h, which never change.
constexpr std::array<const char*, 41> capability_names{"chown",
                                                       "dac_override",
                                                       "dac_read_search",
                                                       "fowner",
                                                       "fsetid",
                                                       "kill",
                                                       "setgid",
                                                       "setuid",
                                                       "setpcap",
                                                       "linux_immutable",
                                                       "net_bind_service",
                                                       "net_broadcast",
                                                       "net_admin",
                                                       "net_raw",
                                                       "ipc_lock",
                                                       "ipc_owner",
                                                       "sys_module",
                                                       "sys_rawio",
                                                       "sys_chroot",
                                                       "sys_ptrace",
                                                       "sys_pacct",
                                                       "sys_admin",
                                                       "sys_boot",
                                                       "sys_nice",
                                                       "sys_resource",
                                                       "sys_time",
                                                       "sys_tty_config",
                                                       "mknod",
                                                       "lease",
                                                       "audit_write",
                                                       "audit_control",
                                                       "setfcap",
                                                       "mac_override",
                                                       "mac_admin",
                                                       "syslog",
                                                       "wake_alarm",
                                                       "block_suspend",
                                                       "audit_read",
                                                       "perfmon",
                                                       "bpf",
                                                       "checkpoint_restore"};
static_assert(capability_names.size() == CAP_LAST_CAP + 1);

[[noreturn]] void refuse(const std::string& option, const std::string& text,
                         const std::string& takes) {
    throw Error(CMW_CONFIG,
                "cannot set the option " + option + " to \"" + text + "\": it takes " + takes);
}

std::optional<int> io_priority(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto value = [](int kind, int level) { return kind << IOPRIO_CLASS_SHIFT | level; };
    if (text == "idle") return value(IOPRIO_CLASS_IDLE, 0);
    if (text == "best-effort") return value(IOPRIO_CLASS_BE, 4);
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    const auto level = colon == std::string::npos ? "" : text.substr(colon + 1);
    const bool known = kind == "best-effort" || kind == "realtime";
    if (!known || level.size() != 1 || level[0] < '0' || level[0] > '7')
        refuse("io-class", text,
               R"("idle", "best-effort", "best-effort:N" or "realtime:N", N of 0 (first) to 7)");
    return value(kind == "realtime" ? IOPRIO_CLASS_RT : IOPRIO_CLASS_BE, level[0] - '0');
}

std::optional<mode_t> file_mask(const std::string& text) {
    if (text.empty()) return std::nullopt;
    mode_t mask = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, mask, 8);
    if (error != std::errc() || rest != end || mask > 0777)
        refuse("umask", text, "octal digits, as \"0027\"");
    return mask;
}

std::uint64_t capability(const std::string& text) {
    std::string name = text;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name.starts_with("cap_")) name.erase(0, 4);
    const auto* found = std::ranges::find(capability_names, name);
    if (found == capability_names.end())
        refuse("capabilities", text, "names of capabilities(7), as \"net_bind_service\"");
    return std::uint64_t{1} << (found - capability_names.begin());
}

} // namespace

Attributes parse_attributes(const UseSettings& use) {
    Attributes attributes;
    if (use.nice) attributes.nice = static_cast<int>(*use.nice);
    if (use.oom_score_adjust) attributes.oom_score = std::to_string(*use.oom_score_adjust);
    attributes.io_priority = io_priority(use.io_class);
    attributes.umask = file_mask(use.umask);
    attributes.no_new_privileges = use.no_new_privileges;
    if (!use.capabilities) return attributes;
    attributes.capabilities = 0;
    for (const auto& name : *use.capabilities) *attributes.capabilities |= capability(name);
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
