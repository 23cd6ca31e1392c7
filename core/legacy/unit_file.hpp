// SPDX-License-Identifier: Apache-2.0
//
// legacy/unit_file.hpp - a systemd unit file that starts the old wrapper: its command, and what else
// it says of the service. Pure. Source: systemd.syntax(7); systemd.service(5); systemd.exec(5).
#pragma once

#include "legacy/unit_command.hpp"

namespace cmw::legacy {

/// One assignment, as it is written.
struct UnitSetting {
    std::string name; ///< "Service.Nice"
    std::string value;
    std::size_t line = 0; ///< From 1.
};

struct Unit {
    std::string name;                 ///< Of the file, for messages; "" if there is none.
    std::vector<std::string> command; ///< The program first. Empty: there is no unit file.
    std::string user;                 ///< "": root.
    std::string group;
    std::string directory = "/"; ///< Where relative paths start.
    Environment environment;     ///< Of the wrapper, and so of the program.
    std::vector<std::string> environment_files;
    /// The hard ones that a process runner can set, by lower-case names: {"nofile", "infinity"}.
    std::map<std::string, std::string> limits;
    std::vector<UnitSetting> others; ///< What nothing here stands for.
    std::string cut;                 ///< What a shell would have done besides.
};

/// Also what `systemctl cat` prints, a file and its drop-ins. All problems at once, each with
/// `name`:LINE.
tl::expected<Unit, base::Problems> parse_unit(std::string_view text, const std::string& name);

} // namespace cmw::legacy
