// SPDX-License-Identifier: Apache-2.0
//
// Look-ups of names, some of which hang as they do where no name server answers.
#include "shared/resolve.hpp"

#include "support/fetch_outcome.hpp"

#include <atomic>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>

using namespace cmw;
using namespace std::chrono_literals;
using cmw::shared::resolve;
using cmw::test::outcome_of;
using cmw::testing::TestCall;

namespace {

std::atomic<bool> hangs = false;
std::atomic<int> hanging = 0;

} // namespace

/// In the place of the C library's for all of this program.
extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints,
                           addrinfo** list) {
    if (std::string_view(host) == "hangs.invalid" && (hints->ai_flags & AI_NUMERICHOST) == 0) {
        ++hanging;
        hangs.wait(true);
        --hanging;
        return EAI_AGAIN;
    }
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto original = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return original(host, port, hints, list);
}

TEST_CASE("addresses and known names are resolved") {
    const TestCall call;
    for (const auto* host : {"127.0.0.1", "::1", "localhost"}) {
        CAPTURE(host);
        const auto found = resolve(call.handle(), host, 80, 20s);
        REQUIRE_FALSE(found.empty());
        CHECK(found[0].size > 0);
    }
}

TEST_CASE("a look-up that hangs ends with the call or its limit, and no more than some are left") {
    hangs = true;
    {
        TestCall cancelled;
        cancelled.cancel();
        CHECK(outcome_of([&] { resolve(cancelled.handle(), "hangs.invalid", 80, 1h); }).status ==
              CMW_CANCELLED);
        const TestCall limited(50ms);
        CHECK(outcome_of([&] { resolve(limited.handle(), "hangs.invalid", 80, 1h); }).status ==
              CMW_CANCELLED);
    }
    const TestCall call;
    for (int i = 0; i < 6; ++i)
        CHECK(outcome_of([&] {
                  resolve(call.handle(), "hangs.invalid", 80, 1ms);
              }).says("no name server answered in time"));
    CHECK(outcome_of([&] {
              resolve(call.handle(), "hangs.invalid", 80, 1ms);
          }).says("earlier look-ups still hang"));
    CHECK_FALSE(resolve(call.handle(), "127.0.0.1", 80, 1ms).empty());
    hangs = false;
    hangs.notify_all();
    // When they have ended there is room again: the next one gets its own answer.
    test::Outcome next;
    for (int i = 0; i < 10'000 && !next.says("failure in name resolution"); ++i) {
        next = outcome_of([&] { resolve(call.handle(), "hangs.invalid", 80, 20s); });
        std::this_thread::sleep_for(1ms);
    }
    CHECK_MESSAGE(next.says("failure in name resolution"), next.text);
    while (hanging > 0) std::this_thread::yield();
}
