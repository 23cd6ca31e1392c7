// SPDX-License-Identifier: Apache-2.0
//
// posix/runner.hpp - programs as processes of the host, each leading a session and process group of
// its own.
//
// Asked gently, the program alone gets SIGTERM: it knows what to do with its children. Killed, all
// that it started is, and what is left of that when the program has ended: its group, and what has
// its mark (marked.hpp) or is in its cgroup (cgroup.hpp), such as a daemon that left the group.
#pragma once

#include "cgroup_limits.hpp"
#include "launch.hpp"
#include "process_record.hpp"
#include "use_settings.hpp"

#include <cmw/process_runner.hpp>
#include <map>

namespace cmw::posix {

class Runner final : public ProcessRunner {
  public:
    struct Settings {
        std::string cgroup; ///< "": no cgroups.
    };
    using UseSettings = posix::UseSettings;
    static constexpr About about{"posix", "0.1.0", "Runs programs as processes of this host.",
                                 "Apache-2.0", "The cmix-wrapper authors"};
    static constexpr std::array options{
        option<&Settings::cgroup>(
            {.name = "cgroup",
             .help =
                 "Folder of a cgroup v2 mount in which each start of a program gets a cgroup of "
                 "its own, so that all it started ends with it: that of the host's unit, with "
                 "Delegate=yes, as \"/sys/fs/cgroup/system.slice/cmix-wrapper.service\". None "
                 "by default."}),
    };
    static constexpr auto use_options = posix::use_options;
    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    Runner(Settings settings, Host host);
    ~Runner() override; ///< Leaves all programs running.

    void start(const Call& call, const cmw_program& program, cmw_process& process) override;
    void adopt(const Call& call, const char* name, cmw_process& process) override;
    void stop(const Call& call, std::uint64_t id, std::uint32_t how) override;
    std::optional<cmw_exit> outcome(std::uint64_t id) override;
    void release(std::uint64_t id) noexcept override;
    void usage(std::uint64_t id, cmw_usage& usage) override; ///< Of the program alone.

  private:
    struct Child {
        std::string name;
        ProcessRecord record;
        UniqueFd pidfd;
        std::optional<cmw_exit> exit; ///< Once it has been asked for.
    };

    std::string record_path(std::string_view name) const;
    Launched launch_in_cgroup(Launch& plan, std::string_view name,
                              const std::vector<CgroupSetting>& settings) const;
    UniqueFd lock(const Call& call, std::string_view name) const;
    void fill(Child child, cmw_process& process);
    Child& find(std::uint64_t id);
    void kill_group(const Child& child) const noexcept;
    void end_rest(const Child& child) const noexcept;
    void forget_record(const Child& child) noexcept;
    void reap_left() noexcept;

    Settings settings_;
    Host host_;
    std::string boot_;
    std::map<std::uint64_t, Child> children_;
    std::vector<UniqueFd> left_; ///< Released while they ran: to be reaped if they end before us.
};

} // namespace cmw::posix
