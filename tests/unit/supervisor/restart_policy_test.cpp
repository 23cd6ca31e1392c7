// SPDX-License-Identifier: Apache-2.0
#include "supervisor/restart_policy.hpp"

using namespace cmw;
using namespace cmw::supervisor;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("supervisor");

TEST_CASE("the restart policy tells a success from a failure") {
    const std::vector<std::tuple<config::Restart, bool, bool>> table{
        {config::Restart::always, true, true},      {config::Restart::always, false, true},
        {config::Restart::on_failure, true, false}, {config::Restart::on_failure, false, true},
        {config::Restart::never, true, false},      {config::Restart::never, false, false},
    };
    for (const auto& [restart, success, expected] : table) {
        CAPTURE(static_cast<int>(restart));
        CAPTURE(success);
        RestartPolicy policy;
        policy.restart = restart;
        CHECK(policy.restarts(success) == expected);
    }
}

TEST_CASE("running long enough makes the next failure the first") {
    RestartPolicy policy;
    policy.healthy_after = 60s;
    CHECK(policy.failures_after(0, 1s) == 1);
    CHECK(policy.failures_after(7, 59s) == 8);
    CHECK(policy.failures_after(7, 60s) == 1);
}

TEST_CASE("the back-off grows to its cap, within its jitter") {
    RestartPolicy policy;
    policy.backoff = {200ms, 10s, 2.0, 0.2};
    const std::vector<std::pair<unsigned, base::Nanoseconds>> full{
        {1, 200ms}, {2, 400ms}, {3, 800ms}, {6, 6400ms}, {7, 10s}, {100000, 10s}};
    for (const auto& [failures, delay] : full) {
        CAPTURE(failures);
        CHECK(policy.delay(failures, 0.0) == delay);
        const auto shortest = policy.delay(failures, 0.999999);
        CHECK(shortest < delay);
        CHECK(shortest >= delay * 8 / 10);
    }
}

TEST_CASE("a first wait of zero is at once, but only once") {
    RestartPolicy policy;
    policy.backoff = {0ms, 10s, 2.0, 0.0};
    CHECK(policy.delay(1, 0.5) == 0ms);
    CHECK(policy.delay(2, 0.5) == 100ms);
    CHECK(policy.delay(3, 0.5) == 200ms);
    CHECK(policy.delay(40, 0.5) == 10s);
}

TEST_SUITE_END();
