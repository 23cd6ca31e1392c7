// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

using namespace cmw::base;
using namespace std::chrono_literals;

TEST_CASE("times are written as RFC 3339 in UTC") {
    CHECK(to_rfc3339(UnixTime(0s)) == "1970-01-01T00:00:00Z");
    CHECK(to_rfc3339(UnixTime(1'709'210'096s)) == "2024-02-29T12:34:56Z");
    CHECK(to_rfc3339(UnixTime(1s + 234'567'891ns), 3) == "1970-01-01T00:00:01.234Z");
    CHECK(to_rfc3339(UnixTime(1s + 5ns), 9) == "1970-01-01T00:00:01.000000005Z");
    CHECK(to_rfc3339(UnixTime(-1ns), 9) == "1969-12-31T23:59:59.999999999Z");
}
