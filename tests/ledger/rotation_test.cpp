// SPDX-License-Identifier: Apache-2.0
//
// The log is rotated while it is written as fast as the disk takes it, and while a backend is away.
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <thread>

using namespace std::chrono_literals;
using namespace cmw::test;

namespace {

constexpr std::size_t burst = 500;

/// A host with a backend that is sometimes away, and one that is not.
struct Rotated {
    std::atomic<bool> away{false};
    CloudEnd cloud{
        [this](std::size_t) { return away ? PutFault::internal_error : PutFault::none; }};
    TemporaryFolder shipped;
    FolderEnd disk{shipped.path()};
    LogHost host{{{"cloud", &cloud}, {"disk", &disk}}};
    Writer writer{host.log};

    Rotated() {
        writer.write(1);
        host.start();
        REQUIRE(host.wait_for_all(1));
    }

    void write(std::size_t bursts) {
        for (std::size_t i = 0; i < bursts; ++i) writer.write(burst);
    }

    /// Nothing is missing, and nothing came twice: nobody was killed.
    void check() {
        CHECK(host.wait_for_all(writer.written()));
        CHECK(host.end(SIGTERM) == 0);
        for (const Endpoint* endpoint :
             {static_cast<Endpoint*>(&cloud), static_cast<Endpoint*>(&disk)}) {
            const auto found = count(endpoint->numbers(), writer.written());
            CHECK(found.missing == 0);
            CHECK(found.again == 0);
            if (endpoint->in_flight() == 1) CHECK(found.in_order);
        }
        MESSAGE(writer.written() << " lines");
    }
};

} // namespace

TEST_SUITE_BEGIN("rotation");

TEST_CASE("ledger: rotation by rename at full speed") {
    Rotated ledger;
    const auto rotations = number_from_environment("LEDGER_ROUNDS", 50);
    for (std::size_t i = 0; i < rotations; ++i) {
        ledger.away = i % 5 == 3;
        ledger.write(4);
        ledger.writer.rotate(i % 7);
    }
    ledger.away = false;
    ledger.check();
}

TEST_CASE("ledger: seven rotations by rename within 0.3 s, three times") {
    Rotated ledger;
    for (int i = 0; i < 3; ++i) {
        ledger.away = i == 1;
        const auto began = std::chrono::steady_clock::now();
        for (int rotation = 0; rotation < 7; ++rotation) {
            ledger.write(2);
            std::this_thread::sleep_for(20ms);
            ledger.writer.rotate_numbers(21);
        }
        MESSAGE(
            "in " << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count()
                  << " s");
    }
    ledger.away = false;
    ledger.check();
}

TEST_CASE("ledger: seven rotations while the host is down") {
    Rotated ledger;
    ledger.writer.write(burst);
    CHECK(ledger.host.end(SIGTERM) == 0);
    for (int rotation = 0; rotation < 7; ++rotation) {
        ledger.write(1);
        ledger.writer.rotate_numbers(7);
    }
    ledger.writer.write(1);
    ledger.host.start();
    ledger.check();
}

TEST_CASE("ledger: copy and truncate at full speed") {
    Rotated ledger;
    const auto rotations = number_from_environment("LEDGER_ROUNDS", 50);
    for (std::size_t i = 0; i < rotations; ++i) {
        ledger.away = i % 5 == 3;
        ledger.write(4);
        ledger.writer.copy_and_truncate(static_cast<int>(rotations));
    }
    ledger.away = false;
    ledger.writer.write(1);
    ledger.check();
}

TEST_CASE("ledger: copy and truncate while the host is down") {
    Rotated ledger;
    ledger.writer.write(burst);
    CHECK(ledger.host.end(SIGTERM) == 0);
    ledger.write(1);
    ledger.writer.copy_and_truncate(3);
    ledger.write(3);
    ledger.writer.copy_and_truncate(3);
    ledger.write(1);
    ledger.host.start();
    ledger.check();
}

TEST_SUITE_END();
