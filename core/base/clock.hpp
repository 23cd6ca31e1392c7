// SPDX-License-Identifier: Apache-2.0
//
// base/clock.hpp - time, as plain values. Decisions take `now` as an argument; only the event loop
// and main ask the machine.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cmw::base {

using Nanoseconds = std::chrono::nanoseconds;

/// For waiting and measuring: CLOCK_MONOTONIC.
using Monotonic = std::chrono::steady_clock::time_point;
inline Monotonic monotonic_now() noexcept {
    return std::chrono::steady_clock::now();
}

/// For people and for state that outlives the machine's uptime: nanoseconds since the Unix epoch.
using UnixTime = std::chrono::time_point<std::chrono::system_clock, Nanoseconds>;
inline UnixTime unix_now() noexcept {
    return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
}

/// RFC 3339 in UTC with `decimals` (0 to 9) digits of a second: "2026-01-01T00:00:00Z".
std::string to_rfc3339(UnixTime time, int decimals = 0);

} // namespace cmw::base
