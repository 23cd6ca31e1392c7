// SPDX-License-Identifier: Apache-2.0
//
// The host is killed, or asked to end, at random moments while its log is written and rotated, and
// started again. Each backend must have every line, and no more of them twice than were under way.
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <optional>
#include <random>

using namespace std::chrono_literals;
using namespace cmw::test;

namespace {

/// A host with four backends, and a writer that never rests.
struct Ledger {
    CloudEnd cloud;
    WebEnd web;
    SyslogEnd syslog;
    TemporaryFolder shipped;
    FolderEnd disk{shipped.path()};
    LogHost host{{{"cloud", &cloud}, {"web", &web}, {"syslog", &syslog}, {"disk", &disk}}};
    Writer writer{host.log};
    std::minstd_rand random{seed()};
    std::minstd_rand writers_random{random()};
    std::optional<SteadyWriter> steady;

    Ledger() {
        // A log begins with the file that is there when it is first seen: from there on it counts.
        writer.write(1);
        host.start();
        REQUIRE(host.wait_for_all(1));
        REQUIRE(host.end(SIGTERM) == 0);
        steady.emplace(writer, number_from_environment("LEDGER_BURST", 100), 5ms, [this] {
            if (writers_random() % 100 == 0) writer.rotate(writers_random() % 3);
        });
    }

    /// Starts the host and waits for a random moment: in its first 60 ms, or while it ships.
    void live() {
        const auto before = cloud.fake.taken_count();
        host.start();
        if (random() % 3 > 0)
            REQUIRE(eventually([&] { return cloud.fake.taken_count() > before; }));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    }

    /// The last host delivers what is left, and ends.
    void settle() {
        steady.reset();
        host.start();
        CHECK(host.wait_for_all(writer.written()));
        CHECK(host.end(SIGTERM) == 0);
    }
};

void check(Ledger& ledger, std::size_t ends) {
    const std::pair<std::string, Endpoint*> all[] = {{"cloud", &ledger.cloud},
                                                     {"web", &ledger.web},
                                                     {"syslog", &ledger.syslog},
                                                     {"disk", &ledger.disk}};
    for (const auto& [name, endpoint] : all) {
        CAPTURE(name);
        const auto found = count(endpoint->numbers(), ledger.writer.written());
        CHECK(found.missing == 0);
        if (endpoint->in_flight() == 1) {
            CHECK(found.in_order);
            CHECK(found.steps_back <= ends);
        }
        const auto batches = endpoint->batches();
        if (!batches.empty())
            CHECK(found.again <= most_again(batches, ends * endpoint->in_flight()));
        MESSAGE(name << ": " << ledger.writer.written() << " lines, " << found.again
                     << " of them twice in " << found.steps_back << " places");
    }
}

} // namespace

TEST_SUITE_BEGIN("kills");

TEST_CASE("ledger: kill -9 of the host at random moments") {
    Ledger ledger;
    const auto kills = number_from_environment("LEDGER_ROUNDS", 50);
    for (std::size_t i = 0; i < kills; ++i) {
        ledger.live();
        CHECK(ledger.host.end(SIGKILL) == 128 + SIGKILL);
    }
    ledger.settle();
    check(ledger, kills);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("stops");

TEST_CASE("ledger: SIGTERM to the host at random moments") {
    Ledger ledger;
    const auto stops = number_from_environment("LEDGER_ROUNDS", 50);
    std::size_t cut_off = 0; // It may have been the host's bound of 10 s that ended it.
    for (std::size_t i = 0; i < stops; ++i) {
        ledger.live();
        const auto status = ledger.host.end(SIGTERM);
        // Before it listens for signals, a signal ends it.
        CHECK((status == 0 || status == 128 + SIGTERM));
        if (ledger.host.last_end() > 5s) ++cut_off;
    }
    ledger.settle();
    check(ledger, cut_off);
}

TEST_SUITE_END();
