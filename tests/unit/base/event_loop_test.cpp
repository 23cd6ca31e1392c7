// SPDX-License-Identifier: Apache-2.0
#include "base/event_loop.hpp"

#include "base/unique_fd.hpp"

#include <sys/eventfd.h>
#include <thread>

using namespace cmw::base;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<EventLoop> make_loop() {
    auto loop = EventLoop::create();
    REQUIRE(loop);
    return std::move(*loop);
}

} // namespace

TEST_CASE("what is posted runs in order, from any thread, and before a later stop") {
    const auto loop = make_loop();
    std::vector<int> order;
    loop->post([&] { order.push_back(1); });
    std::thread other([&] {
        loop->post([&] { order.push_back(2); });
        loop->stop();
    });
    loop->run();
    other.join();
    CHECK(order == std::vector{1, 2});
}

TEST_CASE("work posted by posted work runs in a later turn") {
    const auto loop = make_loop();
    int depth = 0;
    loop->post([&] {
        ++depth;
        loop->post([&] {
            ++depth;
            loop->stop();
        });
    });
    loop->run();
    CHECK(depth == 2);
}

TEST_CASE("timers fire in order of their time, once, and not after they were dropped") {
    const auto loop = make_loop();
    std::vector<int> order;
    const auto now = monotonic_now();
    const auto late = loop->at(now + 3ms, [&] {
        order.push_back(3);
        loop->stop();
    });
    const auto early = loop->at(now + 1ms, [&] { order.push_back(1); });
    auto dropped = loop->at(now + 2ms, [&] { order.push_back(2); });
    dropped.reset();
    loop->run();
    CHECK(order == std::vector{1, 3});
}

TEST_CASE("a watch tells of its descriptor until its handle dies, also within its callback") {
    const auto loop = make_loop();
    const UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    int calls = 0;
    EventLoop::Handle handle;
    auto watch = loop->watch(event.get(), EPOLLIN, [&](std::uint32_t events) {
        CHECK(events == EPOLLIN);
        if (++calls == 2) handle.reset();
    });
    REQUIRE(watch);
    handle = std::move(*watch);
    CHECK(static_cast<bool>(handle));
    ::eventfd_write(event.get(), 1);
    for (int i = 0; i < 4; ++i) loop->run_once(1ms);
    CHECK(calls == 2);
    CHECK_FALSE(static_cast<bool>(handle));
}

TEST_CASE("a descriptor that cannot be watched is a problem") {
    const auto loop = make_loop();
    const auto watch = loop->watch(-1, EPOLLIN, [](auto) {});
    REQUIRE_FALSE(watch);
    CHECK(watch.error().what == "cannot watch a descriptor: Bad file descriptor");
}

TEST_CASE("handles may outlive the loop") {
    EventLoop::Handle timer;
    {
        const auto loop = make_loop();
        timer = loop->after(1h, [] {});
    }
    timer.reset();
    CHECK_FALSE(static_cast<bool>(timer));
}
