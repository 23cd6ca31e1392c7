// SPDX-License-Identifier: Apache-2.0
//
// A service that is away for a day of the log's own time, and for more than the disk may hold.
#include "base/clock.hpp"
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace cmw::test;

namespace {

constexpr std::size_t burst = 500;

/// "2026-01-01T00:00:00Z ", so long ago.
std::string stamp(std::chrono::minutes ago) {
    return cmw::base::to_rfc3339(cmw::base::unix_now() - ago) + " ";
}

std::size_t bytes_of_lines(std::size_t count) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += numbered_line(i).size();
    return sum;
}

struct Arrived {
    std::size_t bytes = 0; ///< Of lines, with their line feeds, and of parts of lines.
    std::size_t parts = 0;
    bool has_last = false;
};
Arrived arrived(const CloudEnd& cloud, const std::string& last) {
    Arrived sum;
    for (const auto& message : cloud.fake.messages()) {
        const bool whole = message.ends_with("the end");
        sum.bytes += message.size() + (whole ? 1 : 0);
        sum.parts += whole ? 0 : 1;
        sum.has_last = sum.has_last || message + "\n" == last;
    }
    return sum;
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
    const auto [first, last] =
        std::ranges::minmax_element(all, {}, &FakeCloudWatch::Taken::time_ms);
    CHECK(last->time_ms - first->time_ms > std::chrono::milliseconds(24h).count());
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
            for (auto at = output.find("tried again in"); at != output.npos;
                 at = output.find("tried again in", at + 1))
                ++found;
            return found;
        };
        // The limit is looked at whenever a batch has failed. What is in memory by then is not lost: a
        // few MiB.
        for (int round = 0; round < 3; ++round) {
            writer.write(60 * burst);
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
    const auto written = ledger.writer.written();
    Arrived got;
    CHECK(eventually([&] {
        got = arrived(ledger.cloud, numbered_line(written - 1));
        return got.has_last && ledger.host.status("cloud", "pending") == "0";
    }));
    const auto lost = bytes_of_lines(written) - got.bytes;
    const auto counted = std::stoul(ledger.host.status("cloud", "dropped_bytes"));
    CHECK(lost > 0);
    // The line that was being read when what follows was freed may be a part, or lack its line feed.
    CHECK(got.parts <= 1);
    CHECK(counted >= lost);
    CHECK(counted <= lost + 1);
    CHECK(ledger.host.end(SIGTERM) == 0);
    MESSAGE("of " << bytes_of_lines(written) << " bytes " << lost << " were dropped, " << counted
                  << " counted");
}

TEST_SUITE_END();
