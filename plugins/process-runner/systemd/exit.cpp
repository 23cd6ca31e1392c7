// SPDX-License-Identifier: Apache-2.0
#include "exit.hpp"

#include <csignal>

namespace cmw::systemd {

namespace {

struct Step {
    std::int32_t status;
    const char* words;
};

constexpr Step steps[] = {
    {200, "enter its working directory (200/CHDIR)"},
    {201, "set its nice value (201/NICE)"},
    {203, "execute it: it does not exist, is no program of this machine or may not be run "
          "(203/EXEC)"},
    {205, "set its limits (205/LIMITS)"},
    {206, "set its OOM score (206/OOM_ADJUST)"},
    {209, "open the file of its output (209/STDOUT)"},
    {216, "become its group (216/GROUP)"},
    {217, "become its user (217/USER)"},
    {218, "set its capabilities (218/CAPABILITIES)"},
    {219, "make its control group (219/CGROUP)"},
    {222, "open the file of its errors (222/STDERR)"},
    {226, "set up its namespaces (226/NAMESPACE)"},
};

} // namespace

cmw_exit exit_of(std::int32_t code, std::int32_t status) noexcept {
    cmw_exit exit{sizeof(cmw_exit), CMW_EXIT_UNKNOWN, 0};
    if (code == CLD_EXITED) exit.code = status;
    if (code == CLD_KILLED || code == CLD_DUMPED) exit.signal = status;
    return exit;
}

std::string why_not_started(const std::string& executable, const std::string& result,
                            std::int32_t status) {
    for (const auto& step : steps)
        if (step.status == status)
            return "cannot start " + executable + ": systemd could not " + step.words;
    return "cannot start " + executable + ": systemd says \"" + result + "\", status " +
           std::to_string(status) + "; its journal has more";
}

} // namespace cmw::systemd
