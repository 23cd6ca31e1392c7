// SPDX-License-Identifier: Apache-2.0
//
// The clock of the log's files jumps, days forward and back, at every rotation: while the host ships,
// while it is down, and between kill -9 and its next start.
#include "ledger/count.hpp"
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <optional>
#include <random>
#include <thread>

using namespace std::chrono_literals;
using namespace cmw::test;

namespace {

struct Jumping {
    CloudEnd cloud;
    TemporaryFolder shipped;
    FolderEnd disk{shipped.path()};
    LogHost host{{{"cloud", &cloud}, {"disk", &disk}}};
    Writer writer{host.log};
    std::minstd_rand random{seed()};
    std::minstd_rand writers_random{random()};
    std::optional<SteadyWriter> steady;

    Jumping() {
        writer.write(1);
        host.start();
        REQUIRE(host.wait_for_all(1));
    }

    /// Names tell an order (numbers that move), or none that anyone can know.
    void rotate() {
        const auto late = writers_random() % 3;
        if (late == 0)
            writer.rotate_numbers(200);
        else
            writer.rotate(late);
        writer.jump(writers_random);
    }

    void write_steadily() {
        steady.emplace(writer, number_from_environment("LEDGER_BURST", 100), 5ms, [this] {
            if (writers_random() % 50 == 0) rotate();
        });
    }

    void check(std::size_t kills) {
        steady.reset();
        rotate(); // What was written late to the one before is found then.
        writer.write(1);
        CHECK(host.wait_for_all(writer.written()));
        CHECK(host.end(SIGTERM) == 0);
        for (const Endpoint* endpoint :
             {static_cast<Endpoint*>(&cloud), static_cast<Endpoint*>(&disk)}) {
            const auto found = count(endpoint->numbers(), writer.written());
            CHECK(found.missing == 0);
            const auto batches = endpoint->batches();
            if (kills == 0 || !batches.empty())
                CHECK(found.again <= most_again(batches, kills * endpoint->in_flight()));
        }
        MESSAGE(writer.written() << " lines");
    }
};

} // namespace

TEST_SUITE_BEGIN("clocks");

TEST_CASE("ledger: the clock jumps at every rotation") {
    Jumping ledger;
    const auto rotations = number_from_environment("LEDGER_ROUNDS", 30);
    for (std::size_t i = 0; i < rotations; ++i) {
        ledger.writer.write(500);
        ledger.rotate();
    }
    ledger.check(0);
}

TEST_CASE("ledger: the clock jumps back over seven rotations while the host is down") {
    Jumping ledger;
    CHECK(ledger.host.end(SIGTERM) == 0);
    for (int i = 0; i < 7; ++i) {
        ledger.writer.write(200);
        ledger.rotate();
    }
    ledger.writer.write(1);
    ledger.host.start();
    ledger.check(0);
}

TEST_CASE("ledger: the clock jumps while the host is killed and stopped at random moments") {
    Jumping ledger;
    ledger.write_steadily();
    const auto ends = number_from_environment("LEDGER_ROUNDS", 12);
    std::size_t kills = 0;
    for (std::size_t i = 0; i < ends; ++i) {
        const auto before = ledger.cloud.fake.taken_count();
        REQUIRE(eventually([&] { return ledger.cloud.fake.taken_count() > before; }));
        std::this_thread::sleep_for(std::chrono::microseconds(ledger.random() % 60'000));
        const bool kill = i % 3 != 2;
        const auto status = ledger.host.end(kill ? SIGKILL : SIGTERM);
        // Before it listens for signals, a signal ends it.
        CHECK((kill ? status == 128 + SIGKILL : status == 0 || status == 128 + SIGTERM));
        // A stop that takes the whole of its patience cuts off what is under way.
        if (status != 0 || ledger.host.last_end() > 5s) ++kills;
        ledger.host.start();
    }
    ledger.check(kills);
}

TEST_SUITE_END();
