// SPDX-License-Identifier: Apache-2.0
#include "log-backend/cloudwatch/parts.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace cmw::cloudwatch;

namespace {

std::vector<Event> at(std::initializer_list<std::int64_t> times) {
    std::vector<Event> events;
    for (const auto time : times) events.push_back({time, "x"});
    return events;
}

} // namespace

TEST_CASE("a request spans no more than 24 hours and 10,000 events") {
    constexpr auto day = most_span_ms;
    struct Row {
        std::vector<Event> events;
        std::size_t size;
    };
    const Row rows[] = {
        {{}, 0},
        {at({5}), 1},
        {at({0, day}), 2},
        {at({0, day + 1}), 1},
        {at({day + 1, 1, 0, 7}), 2},
        {at({day / 2, day, 0, day + 1}), 3},
        {std::vector<Event>(10'001), 10'000},
    };
    for (const auto& row : rows) CHECK(part_size(row.events) == row.size);
}

TEST_CASE("events are ordered by time, and stay as they are if they are so") {
    std::vector<Event> sorted;
    const std::vector<Event> ordered = at({1, 1, 2});
    CHECK(by_time(ordered, sorted).data() == ordered.data());

    const std::vector<Event> mixed{{2, "c"}, {1, "a"}, {2, "d"}, {1, "b"}};
    std::string order;
    for (const auto& event : by_time(mixed, sorted)) order += event.message;
    CHECK(order == "abcd");
}
