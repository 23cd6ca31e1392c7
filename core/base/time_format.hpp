// SPDX-License-Identifier: Apache-2.0
//
// base/time_format.hpp - the time that stands in a line of a log, by a declared format. Reads
// without allocating, and asks the machine for nothing but its time zone.
//
// Formats: "rfc3339" (RFC 3339, also with a blank for the T), "epoch" (10, 13, 16 or 19 digits:
// seconds, ms, us or ns; seconds may have a fraction), "cmix" ("2021/11/17 22:26:21.123456", as Go's
// package log writes it), "substrate" ("2021-11-17 22:26:21.123"), or directives as of strptime:
// %Y %m %d %e %b %H %M %S %T (%H:%M:%S) %f (a fraction with its point, or nothing) %z (Z, +01:00,
// +0100) %s (seconds of the epoch) %%; a blank stands for any number of them.
// A time without a zone is of the machine's zone; one without a year lies in the last twelve months.
#pragma once

#include "base/clock.hpp"
#include "base/problem.hpp"

namespace cmw::base {

/// Belongs to one thread: it remembers the zone's offset of the hour that was asked for last.
class TimeFormat {
  public:
    /// So far into a line its time may begin.
    static constexpr std::size_t reach = 256;

    static Result<TimeFormat> parse(const std::string& format);

    /// The first time in the line, at the start of a word. `now`: for those without a year.
    std::optional<UnixTime> find(std::string_view line, UnixTime now);

  private:
    struct Parts;

    std::optional<UnixTime> read_at(std::string_view text, UnixTime now);
    bool read_directive(char directive, std::string_view& text, Parts& parts) const;
    std::optional<UnixTime> time_of(const Parts& parts, UnixTime now);
    std::optional<std::int64_t> local_seconds(std::int64_t seconds);

    std::string pattern_;         ///< Directives; "": epoch.
    std::int64_t zone_hour_ = -1; ///< Hours since the epoch, as a clock on the wall counts them ...
    std::int64_t zone_offset_ = 0; ///< ... and what that clock is ahead, in seconds.
};

} // namespace cmw::base
