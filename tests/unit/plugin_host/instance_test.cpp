// SPDX-License-Identifier: Apache-2.0
// Instances: calls in order on a worker, deadlines, cancelling, new sessions, giving up.
#include "fake_plugin.hpp"

#include <poll.h>
#include <thread>

using namespace cmw;
using namespace cmw::plugin_host;
using namespace std::chrono_literals;
using cmw::test::FakePlugin;
using cmw::test::lives;
using State = InstanceStatus::State;

TEST_SUITE_BEGIN("plugin_host");

namespace {

using Outcome = tl::expected<void, Failure>;

/// Waits until it is cancelled, or its deadline has passed, as a plugin should.
Outcome wait_for_cancel(Session&, const cmw_call& call) {
    while (call.cancelled(&call) == 0) {
        pollfd poll{call.cancel_fd, POLLIN, 0};
        ::poll(&poll, 1, 1);
    }
    return tl::unexpected(Failure{CMW_CANCELLED, "cancelled", {}});
}

/// Waits for the test, whatever the host says.
struct Hanging {
    std::shared_ptr<std::atomic<bool>> released = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<std::atomic<unsigned>> begun = std::make_shared<std::atomic<unsigned>>(0);
    Outcome operator()(Session&, const cmw_call&) const {
        ++*begun;
        while (!*released) std::this_thread::sleep_for(1ms);
        return {};
    }
};

} // namespace

TEST_CASE("calls share a session and end in their order, on the loop's thread") {
    FakePlugin fake;
    const auto instance = fake.instance();
    const auto loop_thread = std::this_thread::get_id();
    std::vector<int> ended;
    std::atomic<bool> on_loop{false};
    for (int i = 0; i < 5; ++i)
        instance->call(
            10s,
            [&on_loop, loop_thread](Session&, const cmw_call&) -> Outcome {
                if (std::this_thread::get_id() == loop_thread) on_loop = true;
                return {};
            },
            [&, i](const Outcome& result) {
                CHECK(result);
                CHECK(std::this_thread::get_id() == loop_thread);
                ended.push_back(i);
            });
    CHECK(ended.empty());
    fake.wait([&] { return ended.size() == 5; });
    CHECK(ended == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_FALSE(on_loop);
    CHECK(lives().created == 1);
    CHECK(instance->status().state == State::ok);
}

TEST_CASE("a session that cannot be made is tried again at the next call") {
    FakePlugin fake;
    const auto instance = fake.instance();
    int changes = 0;
    instance->on_status([&] { ++changes; });
    const auto call = [&] {
        return fake.result_of<void>([&](auto done) {
            instance->call(
                10s, [](Session&, const cmw_call&) { return Outcome(); }, done);
        });
    };
    lives().refuse = true;
    const auto refused = call();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == CMW_CONFIG);
    CHECK(refused.error().text == "cannot begin");
    CHECK(instance->status().state == State::failed);
    CHECK(instance->status().last_error == "cannot begin");
    CHECK_FALSE(call());
    CHECK(changes == 1);
    lives().refuse = false;
    CHECK(call());
    CHECK(instance->status().state == State::ok);
    CHECK(changes == 2);
}

TEST_CASE("which failures count against an instance") {
    FakePlugin fake;
    const auto instance = fake.instance();
    for (const auto status : {CMW_AGAIN, CMW_CANCELLED, CMW_NOT_FOUND, CMW_DENIED, CMW_CONFIG,
                              CMW_INVALID, CMW_UNSUPPORTED, CMW_FAILED}) {
        CAPTURE(name(cmw_status{status}));
        const auto result = fake.result_of<void>([&](auto done) {
            instance->call(
                10s,
                [status](Session&, const cmw_call&) -> Outcome {
                    return tl::unexpected(Failure{status, "cannot", {}});
                },
                done);
        });
        CHECK(result.error().status == status);
        const bool answer =
            status == CMW_CANCELLED || status == CMW_NOT_FOUND || status == CMW_UNSUPPORTED;
        CHECK(instance->status().state == (answer ? State::ok : State::failed));
    }
}

TEST_CASE("cancelling ends the running call and those that wait") {
    FakePlugin fake;
    const auto instance = fake.instance();
    std::vector<cmw_status> ended;
    for (int i = 0; i < 3; ++i)
        instance->call(base::Nanoseconds::max(), wait_for_cancel,
                       [&](const Outcome& result) { ended.push_back(result.error().status); });
    instance->cancel();
    CHECK(ended.empty());
    fake.wait([&] { return ended.size() == 3; });
    CHECK(ended == std::vector<cmw_status>(3, CMW_CANCELLED));
    CHECK(instance->status().state == State::ok);
    instance->cancel(); // With nothing to cancel.
    CHECK(fake.result_of<void>([&](auto done) {
        instance->call(
            10s, [](Session&, const cmw_call&) { return Outcome(); }, done);
    }));
}

TEST_CASE("a deadline counts from when the call's turn comes") {
    FakePlugin fake;
    const auto instance = fake.instance();
    int ended = 0;
    for (int i = 0; i < 2; ++i)
        instance->call(20ms, wait_for_cancel, [&](const Outcome& result) {
            CHECK(result.error().status == CMW_CANCELLED);
            ++ended;
        });
    const auto begin = base::monotonic_now();
    fake.wait([&] { return ended == 2; });
    CHECK(base::monotonic_now() - begin >= 40ms);
}

TEST_CASE("reinitialising destroys the session after the calls before it") {
    FakePlugin fake;
    const auto instance = fake.instance();
    instance->reinitialise(); // With no session, there is nothing to destroy.
    std::vector<int> created;
    const auto call = [&] {
        instance->call(
            10s, [](Session&, const cmw_call&) { return Outcome(); },
            [&](const Outcome&) { created.push_back(lives().created); });
    };
    call();
    call();
    instance->reinitialise();
    CHECK(instance->status().state == State::reinitialising);
    call();
    fake.wait([&] { return created.size() == 3; });
    CHECK(created.back() == 2);
    CHECK(lives().destroyed == 1);
    CHECK(instance->status().state == State::ok);
    CHECK(instance->status().reinitialisations == 2);
}

TEST_CASE("a call past its deadline and the grace is given up, with its session") {
    FakePlugin fake;
    const auto instance = fake.instance(5ms);
    const Hanging hanging;
    const auto result =
        fake.result_of<void>([&](auto done) { instance->call(5ms, hanging, done); });
    REQUIRE_FALSE(result);
    CHECK(result.error().status == CMW_CANCELLED);
    CHECK(result.error().text.find("\"fake\" did not come back 5ms after") != std::string::npos);
    CHECK(instance->status().state == State::stuck);
    CHECK(lives().destroyed == 0);
    CHECK(fake.result_of<void>([&](auto done) {
        instance->call(
            10s, [](Session&, const cmw_call&) { return Outcome(); }, done);
    }));
    CHECK(instance->status().state == State::ok);
    *hanging.released = true;
    // By the thread that was let go of; all but the new one.
    fake.wait([] { return lives().destroyed == lives().created - 1; });
}

TEST_CASE("when enough calls are given up, the rest fails at once until one is back") {
    FakePlugin fake;
    const auto instance = fake.instance(1ms);
    const Hanging hanging;
    for (unsigned i = 0; i < Instance::max_abandoned; ++i) {
        std::optional<Outcome> outcome;
        instance->call(10s, hanging, [&](const Outcome& result) { outcome = result; });
        // One that is cancelled before it began comes back, and is not given up.
        fake.wait([&] { return *hanging.begun == i + 1; });
        instance->cancel();
        fake.wait([&] { return outcome.has_value(); });
        CHECK_FALSE(*outcome);
    }
    const auto quick = [&] {
        return fake.result_of<void>([&](auto done) {
            instance->call(
                10s, [](Session&, const cmw_call&) { return Outcome(); }, done);
        });
    };
    CHECK(quick().error().status == CMW_AGAIN);
    *hanging.released = true;
    fake.wait([&] { return quick().has_value(); });
    CHECK(instance->status().state == State::ok);
    // All are back: none counts in a test after this.
    fake.wait([] { return lives().destroyed == lives().created - 1; });
}

TEST_CASE("an instance may end while it is called, within its own callback, or while it hangs") {
    FakePlugin fake;
    SUBCASE("while a call runs") {
        fake.instance()->call(base::Nanoseconds::max(), wait_for_cancel,
                              [](const Outcome&) { FAIL("no callback after the end"); });
        CHECK(lives().created == lives().destroyed);
    }
    SUBCASE("within its own callback") {
        auto instance = fake.instance();
        instance->call(
            10s, [](Session&, const cmw_call&) { return Outcome(); },
            [&](const Outcome&) { instance.reset(); });
        instance->call(
            10s, [](Session&, const cmw_call&) { return Outcome(); },
            [](const Outcome&) { FAIL("no callback after the end"); });
        fake.wait([&] { return instance == nullptr; });
        CHECK(lives().created == 1);
        CHECK(lives().destroyed == 1);
    }
    SUBCASE("while it hangs, and the call comes back after the loop is gone") {
        const Hanging hanging;
        const test::TemporaryFolder folder;
        {
            const auto loop = base::EventLoop::create();
            REQUIRE(loop);
            Instance(**loop, fake.plugin(), fake.settings(), {"test/1", folder / "state", {}}, 1ms)
                .call(base::Nanoseconds::max(), hanging, [](const Outcome&) {});
        }
        *hanging.released = true;
        fake.wait([&] { return hanging.released.use_count() == 1; });
        CHECK(lives().destroyed == lives().created);
    }
    fake.loop().run_once(1ms);
}

TEST_CASE("an instance that is idle has no timer and no thread that wakes") {
    FakePlugin fake;
    const auto instance = fake.instance(50ms);
    CHECK(fake.result_of<void>([&](auto done) {
        instance->call(
            1ms, [](Session&, const cmw_call&) { return Outcome(); }, done);
    }));
    // A watch left armed would make the instance stuck here.
    fake.loop().run_once(100ms);
    CHECK(instance->status().state == State::ok);
}

TEST_SUITE_END();
