// SPDX-License-Identifier: Apache-2.0
// A writer numbers its lines; the real pipeline ships them by the real plugin, to services that each
// have a fault of their own; what they took is counted against what was written.
#include "fakes/cloudwatch/fake_cloudwatch.hpp"
#include "support/shipping.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace cmw;
using namespace std::chrono_literals;
using cmw::test::FakeCloudWatch;
using cmw::test::HttpServer;
using cmw::test::PutFault;

namespace {

/// Requests that meet the fault: the back-off doubles from 0.2 s.
std::size_t faults_of(PutFault fault) {
    if (fault == PutFault::none) return 0;
    return fault == PutFault::never_answered ? 1 : 3;
}

struct Service {
    explicit Service(PutFault its_fault)
        : fault(its_fault), fake([its_fault](std::size_t number) {
              const bool meets = number >= 2 && number < 2 + faults_of(its_fault);
              return meets ? its_fault : PutFault::none;
          }) {}

    PutFault fault;
    FakeCloudWatch fake;
    HttpServer server{fake.handler()};
};

std::string table_of(std::size_t number, const Service& service) {
    return "[log-backend.cloud" + std::to_string(number) + "]\n" +
           "plugin = \"cloudwatch\"\ngroup = \"nodes\"\nregion = \"us-west-1\"\n"
           "stream = \"{stream}.log\"\nlinger = \"0s\"\nproxy = \"none\"\n"
           "access-key-id = \"AKIDEXAMPLE\"\n"
           "secret-access-key = \"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\"\n"
           "endpoint = \"" +
           service.server.url("") + "\"\ntimeout = \"" +
           (service.fault == PutFault::never_answered ? "3s" : "60s") + "\"\n";
}

struct Ledger {
    std::size_t missing = 0;
    std::size_t again = 0;
};

Ledger ledger_of(const FakeCloudWatch& fake, std::size_t written) {
    const auto messages = fake.messages();
    const std::set<std::string> different(messages.begin(), messages.end());
    return {written - different.size(), messages.size() - different.size()};
}

template <class Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(10ms);
    return condition();
}

} // namespace

TEST_CASE("ledger: no line is missing in any fault, and at most the batches in flight come twice") {
    struct Row {
        PutFault fault;
        bool twice; ///< The service may have taken what it did not confirm.
    };
    const Row rows[] = {
        {PutFault::none, false},          {PutFault::internal_error, false},
        {PutFault::throttled, false},     {PutFault::not_found, false},
        {PutFault::closed, false},        {PutFault::taken_then_closed, true},
        {PutFault::half_read, false},     {PutFault::garbage, false},
        {PutFault::never_answered, true}, {PutFault::expired_token, false},
    };
    const test::TemporaryFolder folder;
    std::vector<std::unique_ptr<Service>> services;
    std::string toml;
    std::string names;
    for (const auto& row : rows) {
        services.push_back(std::make_unique<Service>(row.fault));
        toml += table_of(services.size(), *services.back());
        names += "\"cloud" + std::to_string(services.size()) + "\", ";
    }
    toml += "[log.node]\npath = \"" + folder / "node.log" + "\"\nevent = \"line\"\nto = [" + names +
            "]\n";
    std::ofstream log(folder / "node.log");
    const auto shipping = std::make_unique<test::Shipping>(toml, PLUGINS, folder / "state");

    std::size_t written = 0;
    const auto delivered_by_all = [&] {
        const auto streams = shipping->pipeline().streams();
        for (const auto& [name, to] : streams.at("node").to)
            if (to.delivered < written) return false;
        return true;
    };
    // The streams are there before the faults begin, which meet the third request and those behind.
    log << "line " << written++ << " alone" << std::endl;
    CHECK(eventually(delivered_by_all));
    for (int burst = 0; burst < 50; ++burst) {
        for (int i = 0; i < 20; ++i) log << "line " << written++ << " with some more text in it\n";
        log.flush();
        std::this_thread::sleep_for(10ms);
    }
    CHECK(eventually(delivered_by_all));

    for (std::size_t i = 0; i < services.size(); ++i) {
        CAPTURE(i);
        const auto& fake = services[i]->fake;
        const auto ledger = ledger_of(fake, written);
        CHECK(ledger.missing == 0);
        const auto status = shipping->pipeline().backends()["cloud" + std::to_string(i + 1)];
        CHECK(status.state == plugin_host::InstanceStatus::State::ok);
        // Where another instance takes over, none is made in place of the one that failed; one that
        // is new and finds no stream makes it, which is no failure.
        const auto faults = faults_of(rows[i].fault);
        if (faults > 0 && rows[i].fault != PutFault::not_found)
            CHECK_FALSE(status.last_error.empty());
        CHECK(ledger.again <= (rows[i].twice ? faults * fake.largest_put() : 0));
        if (rows[i].fault == PutFault::taken_then_closed) CHECK(ledger.again > 0);
    }
}
