// SPDX-License-Identifier: Apache-2.0
//
// A service that is away for a day of the log's own time, and for more than the disk may hold.
#include "base/clock.hpp"
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace cmw::test;

namespace {

constexpr std::size_t burst = 500;

/// "2026-01-01T00:00:00Z ", so long ago.
std::string stamp(std::chrono::minutes ago) {
    return cmw::base::to_rfc3339(cmw::base::unix_now() - ago) + " ";
}

std::size_t bytes_of(const Numbers& lines) {
    std::size_t sum = 0;
    for (const auto number : lines) sum += numbered_line(number).size();
    return sum;
}

/// Those of all that are written which are not among the ones that arrived.
Numbers missing(const Numbers& arrived, std::size_t written) {
    std::vector<bool> seen(written);
    for (const auto number : arrived) seen[number] = true;
    Numbers lines;
    for (std::size_t i = 0; i < written; ++i)
        if (!seen[i]) lines.push_back(i);
    return lines;
}

} // namespace

TEST_SUITE_BEGIN("outage");

TEST_CASE("ledger: a service that is away for thirty hours of the log") {
    CloudEnd cloud; // It refuses events of more than a day at once, as the real one does.
    LogHost host({{"cloud", &cloud}}, "time = \"rfc3339\"\n");
    constexpr std::chrono::hours hours(30);
    Writer writer(host.log);
    writer.write(1, stamp(hours));
    host.start();
    REQUIRE(host.wait_for_all(1));
    cloud.refuse(true);
    for (std::chrono::minutes ago = hours; ago.count() > 0; --ago) writer.write(10, stamp(ago));
    CHECK(eventually(
        [&] { return host.output().find("log-backend.cloud: cannot") != std::string::npos; }));
    cloud.refuse(false);
    CHECK(host.wait_for_all(writer.written()));
    CHECK(host.end(SIGTERM) == 0);
    const auto found = count(cloud.numbers(), writer.written());
    CHECK(found.missing == 0);
    CHECK(found.again == 0);
    const auto all = cloud.fake.taken();
    CHECK(all.back().time_ms - all.front().time_ms >=
          std::chrono::milliseconds(hours).count() * 9 / 10);
}

namespace {

/// Ships while the service is away and the log grows to several times its max-size.
struct Outgrown {
    CloudEnd cloud;
    LogHost host;
    Writer writer{host.log};
    std::string dropped_bytes;

    explicit Outgrown(const std::string& when_full)
        : host({{"cloud", &cloud}}, "max-size = \"256KiB\"\nwhen-full = \"" + when_full + "\"\n") {
        writer.write(1);
        host.start();
        REQUIRE(host.wait_for_all(1));
        cloud.refuse(true);
        const auto failures = [&] {
            const auto output = host.output();
            std::size_t found = 0;
            for (auto at = output.find("made anew"); at != output.npos;
                 at = output.find("made anew", at + 1))
                ++found;
            return found;
        };
        // The limit is looked at whenever a batch has failed.
        for (int round = 0; round < 3; ++round) {
            for (int n = 0; n < 4; ++n) writer.write(burst);
            const auto before = failures();
            CHECK(eventually([&] { return failures() > before; }));
        }
        cloud.refuse(false);
    }
};

} // namespace

TEST_CASE("ledger: when-full = block-trim lets the log grow, and nothing is lost") {
    Outgrown ledger("block-trim");
    CHECK(ledger.host.wait_for_all(ledger.writer.written()));
    CHECK(ledger.host.status("cloud", "dropped_bytes") == "0");
    CHECK(ledger.host.end(SIGTERM) == 0);
    CHECK(count(ledger.cloud.numbers(), ledger.writer.written()).missing == 0);
}

TEST_CASE("ledger: when-full = drop-oldest counts what it drops to the byte") {
    Outgrown ledger("drop-oldest");
    ledger.writer.write(1);
    const auto last = ledger.writer.written() - 1;
    CHECK(eventually([&] {
        const auto all = ledger.cloud.numbers();
        return !all.empty() && all.back() == last;
    }));
    const auto lost = missing(ledger.cloud.numbers(), ledger.writer.written());
    CHECK(lost.size() > 0);
    CHECK(ledger.host.status("cloud", "dropped_bytes") == std::to_string(bytes_of(lost)));
    CHECK(ledger.host.end(SIGTERM) == 0);
    CHECK(count(ledger.cloud.numbers(), ledger.writer.written()).again == 0);
    MESSAGE("of " << ledger.writer.written() << " lines " << lost.size() << " were dropped, "
                  << bytes_of(lost) << " bytes, and counted");
}

TEST_SUITE_END();
