// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/parts.hpp - what one PutLogEvents request may hold, and how a batch is cut to it. Pure.
// Source: "PutLogEvents", Amazon CloudWatch Logs API Reference.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cmw::cloudwatch {

/// Of one request.
inline constexpr std::uint32_t most_events = 10'000;
inline constexpr std::uint64_t most_bytes = 1'048'576; ///< UTF-8 of messages, plus for each event:
inline constexpr std::uint32_t event_overhead = 26;
inline constexpr std::int64_t most_span_ms = 24LL * 60 * 60 * 1000;

struct Event {
    std::int64_t time_ms = 0; ///< Since the Unix epoch.
    std::string_view message;
};

/// How many events from the start go into one request by their number and by their times.
std::size_t part_size(std::span<const Event> events);

/// The events by time, those of one time as they were; in `sorted`, if they are not so already.
std::span<const Event> by_time(std::span<const Event> events, std::vector<Event>& sorted);

} // namespace cmw::cloudwatch
