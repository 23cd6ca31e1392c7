// SPDX-License-Identifier: Apache-2.0
#include "logs/admission.hpp"

#include <cmw/abi/plugin.h>
#include <vector>

using namespace cmw::logs;
using namespace std::chrono_literals;

TEST_CASE("records of the level or above go, and their parts with them") {
    Admission warnings(CMW_LEVEL_WARN, nullptr);
    CHECK_FALSE(warnings.admits(CMW_LEVEL_INFO, false, {}));
    CHECK_FALSE(warnings.admits(CMW_LEVEL_FATAL, true, {})); // A part of what did not go.
    CHECK(warnings.admits(CMW_LEVEL_WARN, false, {}));
    CHECK(warnings.admits(CMW_LEVEL_INFO, true, {}));
    CHECK(warnings.admits(CMW_LEVEL_FATAL, false, {}));
}

TEST_CASE("so many records a second go, over all files of a stream") {
    const auto rate = std::make_shared<RateLimit>(3);
    Admission one(0, rate);
    Admission other(0, rate);
    const cmw::base::Monotonic start(1h);
    const auto admitted = [&](Admission& by, cmw::base::Monotonic now, int records) {
        int count = 0;
        for (int i = 0; i < records; ++i) count += by.admits(CMW_LEVEL_INFO, false, now) ? 1 : 0;
        return count;
    };
    CHECK(admitted(one, start, 2) == 2);
    CHECK(admitted(other, start, 5) == 1);
    CHECK(other.admits(CMW_LEVEL_INFO, true, start) == false);
    CHECK(admitted(one, start + 200ms, 5) == 0);
    CHECK(admitted(one, start + 1s, 5) == 3);
    CHECK(admitted(one, start + 100s, 9) == 3); // No more after a long pause.
}
