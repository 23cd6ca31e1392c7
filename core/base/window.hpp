// SPDX-License-Identifier: Apache-2.0
//
// base/window.hpp - times of the week at which something may be done: "Sat 02:00-04:00". All in UTC:
// a window that moves with a government's clock changes would open twice, or not at all.
#pragma once

#include "base/clock.hpp"

#include <span>
#include <vector>

namespace cmw::base {

/// From one minute of the day (UTC) to another, on some days of the week.
struct WeeklyWindow {
    unsigned days = 0; ///< Bit 0 is Monday: those on which it opens.
    int from = 0;      ///< Minutes from midnight.
    int until = 0;     ///< The same; up to 24:00. Not after `from`: on the next day.
    std::string text;  ///< As it was written.

    bool operator==(const WeeklyWindow&) const = default;
};

/// "Sat 02:00-04:00 UTC", "02:00-03:00", "Mon-Fri 22:00-01:00", "Sat,Sun 00:00-24:00". Days are
/// Mon to Sun in any case; without any, every day. "UTC" may be left out. Nothing if it is not one.
std::optional<WeeklyWindow> parse_window(std::string_view text);

/// One opening.
struct Opening {
    UnixTime from;
    UnixTime until; ///< The first instant at which it is closed again.

    bool operator==(const Opening&) const = default;
};

/// The opening that `now` lies in, or the next one; of several at once the one that closes last.
/// Nothing if there are no windows.
std::optional<Opening> next_opening(std::span<const WeeklyWindow> windows, UnixTime now);

} // namespace cmw::base
