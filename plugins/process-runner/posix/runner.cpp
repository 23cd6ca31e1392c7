// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include "launch.hpp"
#include "marked.hpp"
#include "shared/cgroup_usage.hpp"
#include "system_error.hpp"
#include "usage.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace cmw::posix {

namespace {

/// Unique over instances: an id of one that is no more must not name another's process.
std::atomic<std::uint64_t> last_id{0};

constexpr std::chrono::milliseconds lock_pause(5);

bool has_ended(const UniqueFd& pidfd) noexcept {
    pollfd ready{pidfd.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
}

/// How a process that has ended did, and that it is no zombie any more. A process that an earlier
/// host started is not our child: what became of it only init was told.
cmw_exit reap(const UniqueFd& pidfd) noexcept {
    cmw_exit exit{sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0};
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG) != 0 ||
        info.si_pid == 0)
        return exit;
    if (info.si_code == CLD_EXITED)
        exit.code = info.si_status;
    else
        exit.signal = info.si_status;
    return exit;
}

std::vector<Limit> all_limits(const UseSettings& use) {
    std::vector<Limit> limits;
    for (const auto& limit : shared::parse_limits(use.limits, use.core_dumps))
        limits.push_back(limit_of(limit));
    return limits;
}

/// The host's environment for the program, with the mark.
std::vector<const char*> marked_environment(const cmw_program& program, const std::string& mark) {
    std::vector<const char*> list;
    for (const auto* at = program.environment; *at != nullptr; ++at)
        if (!std::string_view(*at).starts_with(mark_name)) list.push_back(*at);
    list.push_back(mark.c_str());
    list.push_back(nullptr);
    return list;
}

void send(const UniqueFd& pidfd, int signal) {
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0 && errno != ESRCH)
        throw system_error("signal the program", errno);
}

} // namespace

void Runner::check(const Settings& settings) {
    if (!settings.cgroup.empty()) check_cgroups(settings.cgroup);
}

void Runner::check_use(const Settings& settings, const UseSettings& use) {
    find_identity(use.user, use.group);
    all_limits(use);
    parse_attributes(use);
    const auto limits = cgroup_settings(use);
    if (settings.cgroup.empty() && !limits.empty())
        throw Error(CMW_CONFIG, std::string("cannot set the option ") + limits.front().option +
                                    ": it is one of a cgroup; give the runner the option cgroup, "
                                    "or use the runner systemd");
}

Runner::Runner(Settings settings, Host host)
    : settings_(std::move(settings)), host_(host), boot_(read_boot_id()) {}

Runner::~Runner() = default;

void Runner::start(const Call& call, const cmw_program& program, cmw_process& process) {
    reap_left();
    const auto use = use_settings<Runner>(*program.use);
    Launch plan;
    plan.executable = program.executable;
    plan.arguments = program.arguments;
    plan.mark = new_mark();
    const auto mark = std::string(mark_name) + plan.mark;
    const auto environment = marked_environment(program, mark);
    plan.environment = environment.data();
    if (program.directory != nullptr) plan.directory = program.directory;
    if (program.output_path != nullptr) plan.output_path = program.output_path;
    if (program.error_path != nullptr) plan.error_path = program.error_path;
    plan.identity = permitted(find_identity(use.user, use.group));
    plan.limits = all_limits(use);
    plan.attributes = parse_attributes(use);
    plan.record_path = record_path(program.name);
    plan.boot = boot_;

    const auto locked = lock(call, program.name);
    // Two of one service are worse than none: the host, told that this makes no sense, will adopt.
    if (const auto record = read_record(plan.record_path); record && open_process(*record, boot_))
        throw Error(CMW_INVALID, "cannot start " + std::string(program.name) +
                                     ": it runs already, as process " +
                                     std::to_string(record->pid));
    auto launched = launch_in_cgroup(plan, program.name, cgroup_settings(use));
    Child child{program.name,
                {launched.pid, 0, boot_, plan.mark, plan.cgroup},
                std::move(launched.pidfd),
                {}};
    // One that has ended since is a zombie of ours, and still has its start time.
    if (const auto facts = read_facts(launched.pid)) child.record.start = facts->start;
    fill(std::move(child), process);
}

Launched Runner::launch_in_cgroup(Launch& plan, std::string_view name,
                                  const std::vector<CgroupSetting>& settings) const {
    if (settings_.cgroup.empty()) return launch(plan);
    remove_empty_cgroups(settings_.cgroup, name);
    enable_controllers(settings_.cgroup, settings);
    plan.cgroup = make_cgroup(settings_.cgroup, name, plan.mark);
    try {
        write_settings(plan.cgroup, settings);
        return launch(plan);
    } catch (...) {
        end_cgroup(plan.cgroup);
        throw;
    }
}

void Runner::adopt(const Call& call, const char* name, cmw_process& process) {
    reap_left();
    const auto path = record_path(name);
    const auto locked = lock(call, name);
    const auto record = read_record(path);
    if (!record)
        throw Error(CMW_NOT_FOUND, "cannot adopt " + std::string(name) + ": none was started");
    auto pidfd = open_process(*record, boot_);
    if (!pidfd) {
        if (record->boot == boot_ && !record->cgroup.empty()) end_cgroup(record->cgroup);
        ::unlink(path.c_str());
        throw Error(CMW_NOT_FOUND, "cannot adopt " + std::string(name) + ": process " +
                                       std::to_string(record->pid) + " is gone");
    }
    fill({name, *record, std::move(pidfd), {}}, process);
}

void Runner::stop(const Call&, std::uint64_t id, std::uint32_t how) {
    const auto& child = find(id);
    if (how == CMW_STOP_GENTLY) return send(child.pidfd, SIGTERM);
    send(child.pidfd, SIGKILL);
    kill_group(child);
    if (!child.record.cgroup.empty()) kill_cgroup(child.record.cgroup);
    kill_marked(child.record.mark);
}

std::optional<cmw_exit> Runner::outcome(std::uint64_t id) {
    auto& child = find(id);
    if (child.exit) return child.exit;
    if (!has_ended(child.pidfd)) return std::nullopt;
    end_rest(child); // Before it is reaped: until then nobody else can have its number.
    child.exit = reap(child.pidfd);
    return child.exit;
}

void Runner::release(std::uint64_t id) noexcept {
    const auto found = children_.find(id);
    if (found == children_.end()) return;
    auto child = std::move(found->second);
    children_.erase(found);
    if (!child.exit && !has_ended(child.pidfd)) {
        left_.push_back(std::move(child.pidfd));
        return;
    }
    if (!child.exit) {
        end_rest(child);
        reap(child.pidfd);
    }
    forget_record(child);
}

void Runner::usage(std::uint64_t id, cmw_usage& usage) {
    const auto& child = find(id);
    read_usage(child.record.pid, usage);
    if (!child.record.cgroup.empty()) shared::read_group_usage(child.record.cgroup, usage);
    // What was read is of this process if that still runs now.
    if (child.exit || has_ended(child.pidfd))
        throw Error(CMW_NOT_FOUND, "cannot tell what " + child.name + " uses: it has ended");
}

std::string Runner::record_path(std::string_view name) const {
    if (name.empty() || name.find('/') != std::string_view::npos || name.front() == '.')
        throw Error(CMW_CONFIG, "cannot keep a record of a service named \"" + std::string(name) +
                                    "\": its name must be fit for a file");
    return std::string(host_.state_dir()) + "/" + std::string(name) + ".process";
}

/// Held by whoever starts or adopts, and by a new process until it is the program: so a host that
/// comes while the process of one that was killed is still on its way waits for its record.
UniqueFd Runner::lock(const Call& call, std::string_view name) const {
    const auto path = record_path(name) + ".lock";
    const UniqueFd opened(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened) throw system_error("open " + path, errno);
    UniqueFd file(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 3)); // Not where a program's output goes.
    if (!file) throw system_error("open " + path, errno);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) throw system_error("lock " + path, errno);
        call.sleep(lock_pause);
    }
    return file;
}

void Runner::fill(Child child, cmw_process& process) {
    process.exit_fd = child.pidfd.get();
    process.pid = child.record.pid;
    process.id = ++last_id;
    children_.emplace(process.id, std::move(child));
}

Runner::Child& Runner::find(std::uint64_t id) {
    const auto found = children_.find(id);
    if (found == children_.end())
        throw Error(CMW_NOT_FOUND, "cannot find process " + std::to_string(id) +
                                       ": the runner was made anew since");
    return found->second;
}

/// Of a child of ours the number is reserved until it is reaped. Of an adopted one it is while it
/// runs or something of its group does: another process of that number means that nothing is left.
void Runner::kill_group(const Child& child) const noexcept {
    try {
        const auto facts = read_facts(child.record.pid);
        if (facts && facts->start != child.record.start) return;
        ::kill(-child.record.pid, SIGKILL);
    } catch (const std::exception& e) {
        host_.warn("cannot kill what " + child.name + " left: " + e.what());
    }
}

/// What it left behind, when it has ended.
void Runner::end_rest(const Child& child) const noexcept {
    kill_group(child);
    try {
        const auto& cgroup = child.record.cgroup;
        if (!cgroup.empty() && was_out_of_memory(cgroup))
            host_.warn(child.name + " was killed by the kernel: out of memory");
        if (!cgroup.empty() && !end_cgroup(cgroup))
            host_.warn(system_error("remove the cgroup " + cgroup, errno).what());
        if (!end_marked(child.record.mark))
            host_.warn("cannot end all that " + child.name + " left: some of it does not die");
    } catch (const std::exception& e) {
        host_.warn("cannot end all that " + child.name + " left: " + e.what());
    }
}

void Runner::forget_record(const Child& child) noexcept {
    try {
        const auto path = record_path(child.name);
        const auto record = read_record(path);
        if (record && record->pid == child.record.pid && record->start == child.record.start)
            ::unlink(path.c_str());
    } catch (const std::exception& e) {
        host_.warn(e.what()); // It names a process that is no more: the next adopt finds out.
    }
}

void Runner::reap_left() noexcept {
    std::erase_if(left_, [](const UniqueFd& pidfd) {
        if (!has_ended(pidfd)) return false;
        reap(pidfd);
        return true;
    });
}

} // namespace cmw::posix
