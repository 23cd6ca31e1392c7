// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"
#include "usage.hpp"

using namespace posix_test;

namespace {

cmw_usage unknown() {
    return {sizeof(cmw_usage), 0, -1, -1, -1, -1, -1};
}

} // namespace

TEST_CASE("what a program uses is told while it runs") {
    Fixture f;
    const auto process = f.shell("echo up; exec sleep 1000");
    REQUIRE(f.wrote("up"));
    REQUIRE(until([&] { // It is sleep by now.
        return read_text("/proc/" + std::to_string(process.pid) + "/comm") == "sleep\n";
    }));
    auto usage = unknown();
    CHECK(until([&] { // The loader has a library open for a moment.
        f.runner.usage(process.id, usage);
        return usage.descriptors == 3;
    }));
    CHECK(usage.memory_bytes > 4096);
    CHECK(usage.cpu_us >= 0);
    CHECK(usage.threads == 1);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    f.wait(process);
    CHECK_THROWS_WITH_AS(f.runner.usage(process.id, usage),
                         "cannot tell what svc uses: it has ended", cmw::Error);
    f.runner.release(process.id);
    CHECK_THROWS_AS(f.runner.usage(process.id, usage), cmw::Error);
}

TEST_CASE("processor time and threads are read of a line that makes sense") {
    auto usage = unknown();
    for (const auto* bad : {"", "7", "7 (a", "7 (a) S 1"}) {
        cmw::posix::take_stat(bad, usage);
        CHECK(usage.cpu_us == -1);
        CHECK(usage.threads == -1);
    }
    const auto ticks = ::sysconf(_SC_CLK_TCK);
    cmw::posix::take_stat("7 (a b) (c)) S 1 7 7 0 -1 4194560 10 0 0 0 5 6 0 0 20 0 9 0 8121 99",
                          usage);
    CHECK(usage.cpu_us == 11 * (1'000'000 / ticks));
    CHECK(usage.threads == 9);
    auto gone = unknown();
    cmw::posix::read_usage(0x3ffffff, gone); // Beyond any pid_max.
    CHECK(gone.memory_bytes == -1);
    CHECK(gone.descriptors == -1);
}
