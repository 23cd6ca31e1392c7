// SPDX-License-Identifier: Apache-2.0
//
// syslog/facilities.hpp - the names of the facilities, at their numbers (RFC 5424, table 1).
#pragma once

#include <array>

namespace cmw::syslog {

/// Ends with nullptr: the choices of an option.
inline constexpr std::array<const char*, 25> facilities{
    "kern",   "user",     "mail",   "daemon", "auth",   "syslog", "lpr",   "news",   "uucp",
    "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock", "local0", "local1",
    "local2", "local3",   "local4", "local5", "local6", "local7", nullptr};

} // namespace cmw::syslog
