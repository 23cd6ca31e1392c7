// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.hpp"

using cmw::base::Backoff;
using namespace std::chrono_literals;

TEST_CASE("delays grow to the cap and stay there, however many failures") {
    const Backoff backoff{100ms, 1s, 2.0, 0.0};
    CHECK(backoff.delay(0, 0) == 0ns);
    CHECK(backoff.delay(1, 0) == 100ms);
    CHECK(backoff.delay(2, 0) == 200ms);
    CHECK(backoff.delay(4, 0) == 800ms);
    CHECK(backoff.delay(5, 0) == 1s);
    CHECK(backoff.delay(4'000'000'000u, 0) == 1s);
}

TEST_CASE("jitter shortens a delay by its share at most") {
    const Backoff backoff{1s, 1min, 2.0, 0.25};
    CHECK(backoff.delay(1, 0.0) == 1s);
    CHECK(backoff.delay(1, 0.5) == 875ms);
    CHECK(backoff.delay(1, 0.999) > 750ms);
}
