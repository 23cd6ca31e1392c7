// SPDX-License-Identifier: Apache-2.0
//
// Twelve services, each with a fault of its own for LEDGER_FAULT_SECONDS (1, or by hand 20), while a
// host ships one log to all of them.
#include "ledger/host.hpp"
#include "ledger/writer.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <memory>
#include <thread>

using namespace std::chrono_literals;
using namespace cmw::test;
using Clock = std::chrono::steady_clock;

namespace {

enum class Trouble { put, refused, slow, stream_deleted, group_deleted };

struct Row {
    const char* name;
    Trouble trouble;
    PutFault fault;
};
constexpr Row rows[] = {
    {"error-500", Trouble::put, PutFault::internal_error},
    {"throttled", Trouble::put, PutFault::throttled},
    {"not-found", Trouble::put, PutFault::not_found},
    {"closed", Trouble::put, PutFault::closed},
    {"accepted-closed", Trouble::put, PutFault::taken_then_closed},
    {"refused", Trouble::refused, PutFault::none},
    {"never-answers", Trouble::put, PutFault::never_answered},
    {"garbage", Trouble::put, PutFault::garbage},
    {"slow", Trouble::slow, PutFault::none},
    {"half-read", Trouble::put, PutFault::half_read},
    {"stream-deleted", Trouble::stream_deleted, PutFault::none},
    {"group-deleted", Trouble::group_deleted, PutFault::none},
};

/// A service, which has its fault while it is to, and until it was met.
struct Service {
    explicit Service(const Row& its_row) : row(its_row) {
        if (row.fault == PutFault::never_answered) cloud.more = "timeout = \"2s\"\n";
    }

    PutFault next() {
        if (!(on || (was_on && met == 0)) || row.fault == PutFault::none) return PutFault::none;
        ++met;
        return row.fault;
    }

    void begin() {
        was_on = on = true;
        if (row.trouble == Trouble::refused) cloud.refuse(true);
        if (row.trouble == Trouble::slow) cloud.slow_by = 300ms;
    }
    void during() {
        if (row.trouble == Trouble::stream_deleted)
            cloud.fake.change([](auto& state) { state.streams.clear(); });
        if (row.trouble == Trouble::group_deleted)
            cloud.fake.change([](auto& state) {
                state.streams.clear();
                state.groups.clear();
            });
    }
    void end() {
        on = false;
        if (row.trouble == Trouble::refused) cloud.refuse(false);
        cloud.slow_by = 0ms;
    }

    /// Requests that it may have taken without an answer.
    std::size_t unconfirmed() const {
        if (row.trouble == Trouble::refused) return cloud.in_flight(); // At the moment of its end.
        return row.fault == PutFault::taken_then_closed ? met.load() : 0;
    }

    const Row& row;
    std::atomic<bool> on{false};
    std::atomic<bool> was_on{false};
    std::atomic<std::size_t> met{0}; ///< Requests that met the fault.
    CloudEnd cloud{[this](std::size_t) { return next(); }};
};

std::size_t creations(const FakeCloudWatch& fake, const std::string& operation) {
    const auto calls = fake.calls();
    return static_cast<std::size_t>(std::ranges::count(calls, operation));
}

void check(const Service& service, std::size_t written) {
    const auto& [name, trouble, fault] = service.row;
    CAPTURE(std::string(name));
    const auto found = count(service.cloud.numbers(), written);
    CHECK(found.missing == 0);
    if (fault == PutFault::taken_then_closed) CHECK(found.again > 0);
    CHECK(found.again <= service.unconfirmed() * service.cloud.fake.largest_put());
    if (trouble == Trouble::put) CHECK(service.met > 0);
    if (trouble == Trouble::stream_deleted)
        CHECK(creations(service.cloud.fake, "CreateLogStream") > 1);
    if (trouble == Trouble::group_deleted)
        CHECK(creations(service.cloud.fake, "CreateLogGroup") > 1);
    MESSAGE(std::string(name) << ": of " << written << " lines " << found.missing << " missing, "
                              << found.again << " twice; " << service.met.load()
                              << " requests met the fault");
}

} // namespace

TEST_SUITE_BEGIN("faults");

TEST_CASE("ledger: each fault of a service for a while") {
    const std::chrono::seconds period(number_from_environment("LEDGER_FAULT_SECONDS", 1));
    std::vector<std::unique_ptr<Service>> services;
    std::map<std::string, Endpoint*> endpoints;
    for (const auto& row : rows) {
        services.push_back(std::make_unique<Service>(row));
        endpoints[row.name] = &services.back()->cloud;
    }
    LogHost host(endpoints);
    Writer writer(host.log);
    writer.write(1);
    host.start();
    REQUIRE(host.wait_for_all(1));
    {
        const SteadyWriter steady(writer, number_from_environment("LEDGER_BURST", 10), 5ms);
        for (auto& service : services) service->begin();
        const auto until = Clock::now() + period;
        while (Clock::now() < until) {
            for (auto& service : services) service->during();
            std::this_thread::sleep_for(period / 5);
        }
        for (auto& service : services) service->end();
    }
    writer.write(1);
    CHECK(host.wait_for_all(writer.written()));
    CHECK(host.end(SIGTERM) == 0);
    for (const auto& service : services) check(*service, writer.written());
}

TEST_SUITE_END();
