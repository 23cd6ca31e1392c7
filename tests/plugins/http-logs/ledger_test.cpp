// SPDX-License-Identifier: Apache-2.0
//
// A writer numbers its lines; the real pipeline ships them by the plugins http, loki and otlp
// to servers that each have a fault of their own; what they took is counted against what was written.
#include "fakes/log_collector.hpp"
#include "support/shipping.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <thread>

using namespace std::chrono_literals;
using cmw::test::LogCollector;
using cmw::test::PostFault;

namespace {

/// Requests that meet the fault: the back-off doubles from 0.2 s.
std::size_t faults_of(PostFault fault) {
    if (fault == PostFault::none) return 0;
    return fault == PostFault::never_answered ? 1 : 2;
}

struct Server {
    Server(PostFault its_fault, const std::string& its_plugin)
        : fault(its_fault),
          plugin(its_plugin),
          collector(its_plugin == "otlp" ? "200 OK" : "204 No Content",
                    [its_fault](std::size_t number) {
                        const bool meets = number >= 1 && number < 1 + faults_of(its_fault);
                        return meets ? its_fault : PostFault::none;
                    }) {}

    PostFault fault;
    std::string plugin;
    LogCollector collector;
};

std::string table_of(const std::string& name, const Server& server) {
    return "[log-backend." + name + "]\nplugin = \"" + server.plugin + "\"\nurl = \"" +
           server.collector.url(server.plugin == "http" ? "/logs" : "") +
           "\"\nlinger = \"0s\"\nproxy = \"none\"\ntimeout = \"" +
           (server.fault == PostFault::never_answered ? "3s" : "60s") + "\"\n";
}

/// The numbers of the lines in what a server took, in its order.
std::vector<std::size_t> numbers(const LogCollector& collector) {
    std::vector<std::size_t> all;
    for (const auto& body : collector.bodies())
        for (auto at = body.find("\"line "); at != body.npos; at = body.find("\"line ", at + 1))
            all.push_back(std::stoul(body.substr(at + 6, 20)));
    return all;
}

template <class Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 150s;
    while (!condition() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(10ms);
    return condition();
}

} // namespace

TEST_CASE(
    "ledger: no line is missing in any fault, and none comes twice but for want of an answer") {
    const PostFault faults[] = {PostFault::none,      PostFault::internal_error,
                                PostFault::throttled, PostFault::closed,
                                PostFault::half_read, PostFault::taken_then_closed,
                                PostFault::garbage,   PostFault::never_answered};
    const cmw::test::TemporaryFolder folder;
    std::vector<std::unique_ptr<Server>> servers;
    std::string toml;
    std::string names;
    for (const auto fault : faults)
        for (const auto* plugin : {"http", "loki", "otlp"}) {
            servers.push_back(std::make_unique<Server>(fault, plugin));
            const auto name = "to" + std::to_string(servers.size());
            toml += table_of(name, *servers.back());
            names += "\"" + name + "\", ";
        }
    toml += "[log.node]\npath = \"" + folder / "node.log" + "\"\nevent = \"line\"\nto = [" + names +
            "]\n";
    std::ofstream log(folder / "node.log");
    cmw::test::Shipping shipping(toml, PLUGINS, folder / "state");

    std::size_t written = 0;
    const auto delivered_by_all = [&] {
        const auto streams = shipping.pipeline().streams();
        return std::ranges::all_of(streams.at("node").to,
                                   [&](auto& to) { return to.second.delivered >= written; });
    };
    // The first request has come and gone before the faults begin, which meet those behind it.
    log << "line " << written++ << " alone" << std::endl;
    CHECK(eventually(delivered_by_all));
    for (int burst = 0; burst < 40; ++burst) {
        for (int i = 0; i < 20; ++i) log << "line " << written++ << " with some more text in it\n";
        log.flush();
        std::this_thread::sleep_for(10ms);
    }
    CHECK(eventually(delivered_by_all));

    for (const auto& server : servers) {
        CAPTURE(static_cast<int>(server->fault));
        CAPTURE(server->plugin);
        CHECK(server->collector.requests().size() > 1 + faults_of(server->fault));
        const auto got = numbers(server->collector);
        const std::set<std::size_t> different(got.begin(), got.end());
        CHECK(different.size() == written);
        CHECK(*different.rbegin() == written - 1);
        if (server->fault == PostFault::taken_then_closed)
            CHECK(got.size() > written);
        else if (server->fault != PostFault::never_answered) // Its time-out is short.
            CHECK(got.size() == written);
    }
}
