// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"

#include <algorithm>

namespace cmw::cloudwatch {

std::size_t part_size(std::span<const Event> events) {
    const auto most = std::min<std::size_t>(events.size(), most_events);
    auto first = events.empty() ? 0 : events.front().time_ms;
    auto last = first;
    for (std::size_t i = 0; i < most; ++i) {
        first = std::min(first, events[i].time_ms);
        last = std::max(last, events[i].time_ms);
        if (last - first > most_span_ms) return i;
    }
    return most;
}

std::span<const Event> by_time(std::span<const Event> events, std::vector<Event>& sorted) {
    if (std::ranges::is_sorted(events, {}, &Event::time_ms)) return events;
    sorted.assign(events.begin(), events.end());
    std::ranges::stable_sort(sorted, {}, &Event::time_ms);
    return sorted;
}

} // namespace cmw::cloudwatch
