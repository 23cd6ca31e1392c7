// SPDX-License-Identifier: Apache-2.0
#include "shared/pace.hpp"

#include <doctest/doctest.h>

using namespace cmw::shared;
using namespace std::chrono_literals;

TEST_CASE("a transfer has stalled when too few bytes come in a window of waiting") {
    StallWatch watch(10s, 100);
    CHECK_FALSE(watch.add(1, 9s)); // Not yet.
    CHECK(watch.add(1, 1s));
    CHECK_FALSE(watch.add(99, 9s)); // A new window.
    CHECK_FALSE(watch.add(1, 1s));
    CHECK_FALSE(watch.add(1'000'000, 0s)); // What came fast counts in its window alone,
    CHECK_FALSE(watch.add(1, 10s));
    CHECK(watch.add(1, 10s)); // not in the next.
    CHECK(watch.add(0, 1h));
}

TEST_CASE("a bucket lets its rate through, and a second's worth at once") {
    const TokenBucket::Time start{};
    TokenBucket bucket(1'000, start);
    CHECK(bucket.take(1'000, start) == 0s);
    CHECK(bucket.take(500, start) == 500ms);
    CHECK(bucket.take(500, start + 500ms) == 500ms);
    CHECK(bucket.take(0, start + 1s) == 0s);
    // After a long pause no more than a second's worth.
    CHECK(bucket.take(1'000, start + 1h) == 0s);
    CHECK(bucket.take(2'000, start + 1h) == 2s);
    // Over a long time exactly the rate.
    TokenBucket steady(1'000, start);
    auto now = start;
    for (int i = 0; i < 1'000; ++i) now += steady.take(100, now);
    CHECK(now - start > 98'999ms);
    CHECK(now - start < 99'001ms);
}

TEST_CASE("a bucket without a rate lets all through") {
    TokenBucket bucket(0, {});
    CHECK(bucket.take(1'000'000'000, {}) == 0s);
}
