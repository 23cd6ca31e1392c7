// SPDX-License-Identifier: Apache-2.0
//
// systemd/exit.hpp - how systemd says that a program ended, or could not begin.
#pragma once

#include <cmw/process_runner.hpp>

namespace cmw::systemd {

/// ExecMainCode and ExecMainStatus of a unit: waitid(2)'s si_code and si_status. Code 0: it never
/// ran, as far as systemd still knows, and its exit is unknown.
cmw_exit exit_of(std::int32_t code, std::int32_t status) noexcept;

/// Why a unit did not start: "cannot execute /x: systemd's status is 203/EXEC". systemd.exec(5),
/// "process exit codes".
std::string why_not_started(const std::string& executable, const std::string& result,
                            std::int32_t status);

} // namespace cmw::systemd
