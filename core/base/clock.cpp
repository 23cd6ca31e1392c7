// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/format.h>

namespace cmw::base {

std::string to_rfc3339(UnixTime time, int decimals) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t whole = seconds.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    auto text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    if (decimals > 0) {
        const auto digits = fmt::format("{:09}", (time - seconds).count());
        text += "." + digits.substr(0, static_cast<std::size_t>(std::min(decimals, 9)));
    }
    return text + "Z";
}

} // namespace cmw::base
