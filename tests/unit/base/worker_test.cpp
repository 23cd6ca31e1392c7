// SPDX-License-Identifier: Apache-2.0
#include "base/worker.hpp"

#include <atomic>
#include <future>

using cmw::base::Worker;
using namespace std::chrono_literals;

TEST_CASE("jobs run in order, and all of them before the worker ends") {
    std::vector<int> order;
    {
        Worker worker("test");
        for (int i = 0; i < 100; ++i) worker.post([&order, i] { order.push_back(i); });
    }
    REQUIRE(order.size() == 100);
    CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("an abandoned worker lets go at once; its job ends by itself, later ones never begin") {
    auto release = std::make_shared<std::promise<void>>();
    const auto ended = std::make_shared<std::promise<void>>();
    const auto second_ran = std::make_shared<std::atomic<bool>>(false);
    auto end_of_job = ended->get_future();
    std::promise<void> began;
    {
        Worker worker("test");
        worker.post([wait = release->get_future().share(), ended, &began] {
            began.set_value();
            wait.wait();
            ended->set_value();
        });
        worker.post([second_ran] { *second_ran = true; });
        began.get_future().wait();
        worker.abandon();
    }
    release->set_value();
    CHECK(end_of_job.wait_for(30s) == std::future_status::ready);
    CHECK_FALSE(*second_ran);
}
