// SPDX-License-Identifier: Apache-2.0
//
// watch-chain URL [SECONDS [NODE]] - the substrate plugin's class on a real node, without a host.
// Prints a line of JSON for each answer. NODE is the node's id, "0x<64 hex>", whose validator is
// looked for; without it the node may run once it is in sync. Beside it a connection of its own takes the same finalised heads,
// so that each line tells how long after the head's notification the answer was there.
#include "consensus-source/substrate/rpc_client.hpp"
#include "consensus-source/substrate/substrate.hpp"

#include <cmw/testing.hpp>

#include "consensus-source/substrate/chain_answers.hpp"

#include <condition_variable>
#include <cstdio>
#include <fstream>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// When each finalised head was notified, by its number.
class Heads {
  public:
    explicit Heads(const std::string& url) : thread_([this, url] { follow(url); }) {}
    ~Heads() {
        call_.cancel();
        thread_.join();
    }
    Heads(const Heads&) = delete;
    Heads& operator=(const Heads&) = delete;

    /// In ms between the notification and `then`; less than nothing if there was none in time.
    double since(std::uint64_t number, Clock::time_point then) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 1s, [&] { return seen_.contains(number); })) return -1;
        return std::chrono::duration<double, std::milli>(then - seen_[number]).count();
    }

  private:
    void follow(const std::string& url) {
        try {
            cmw::substrate::RpcClient rpc(call_.handle(), cmw::substrate::parse_endpoint(url), 10s,
                                          30s);
            const auto call = call_.handle();
            const auto name = rpc.result(call, rpc.ask(call, "chain_subscribeFinalizedHeads"))
                                  .convert<std::string>();
            while (const auto header = rpc.notification(call, name, Clock::time_point::max())) {
                const auto now = Clock::now();
                const std::lock_guard lock(mutex_);
                seen_.emplace(cmw::substrate::parse_head(*header).number, now);
                changed_.notify_all();
            }
        } catch (const cmw::Error& e) {
            if (e.status() != CMW_CANCELLED) std::fprintf(stderr, "%s\n", e.what());
        }
    }

    cmw::testing::TestCall call_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Clock::time_point> seen_;
    std::thread thread_;
};

/// A member of /proc/self/smaps_rollup, in kB.
long memory(const std::string& member) {
    std::ifstream file("/proc/self/smaps_rollup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(member + ":")) return std::stol(line.substr(member.size() + 1));
    return -1;
}

void print(const cmw::testing::TestVerdict& verdict, double after_ms, double took_ms) {
    std::printf("{\"standing\": \"%s\", \"height\": %llu, \"reason\": \"%s\", \"approved\": {",
                verdict.standing == CMW_STANDING_RUN ? "run" : "wait",
                static_cast<unsigned long long>(verdict.height), verdict.reason.c_str());
    const char* comma = "";
    for (const auto& [target, digest] : verdict.approved) {
        std::printf("%s\"%s\": \"%s\"", comma, target.c_str(), digest.c_str());
        comma = ", ";
    }
    std::printf("}, \"announced\": [");
    comma = "";
    for (const auto& one : verdict.announced) {
        std::printf("%s{\"target\": \"%s\", \"digest\": \"%s\", \"height\": %llu, \"why\": \"%s\"}",
                    comma, one.target.c_str(), one.digest.c_str(),
                    static_cast<unsigned long long>(one.height), one.why.c_str());
        comma = ", ";
    }
    std::printf("], \"facts\": {");
    comma = "";
    for (const auto& [name, value] : verdict.facts) {
        std::printf("%s\"%s\": \"%s\"", comma, name.c_str(), value.c_str());
        comma = ", ";
    }
    std::printf("}, \"ms_after_notification\": %.2f, \"poll_ms\": %.2f, \"private_kb\": %ld, "
                "\"rss_kb\": %ld}\n",
                after_ms, took_ms, memory("Private_Clean") + memory("Private_Dirty"),
                memory("Rss"));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto end = Clock::now() + std::chrono::seconds(argc > 2 ? std::stol(argv[2]) : 3600);
    Heads heads(argv[1]);
    cmw::testing::TestHost host;
    using namespace cmw::substrate;
    if (argc > 3) host.identity["hexNodeID"] = argv[3];
    const Settings settings{.endpoints = {argv[1]},
                            .ready = argc > 3 ? ready_validator : ready_synced};
    auto source = std::make_unique<cmw::substrate::Substrate>(settings, host.handle());
    while (Clock::now() < end) {
        cmw::testing::TestVerdict verdict;
        const cmw::testing::TestCall call(end - Clock::now());
        const auto start = Clock::now();
        try {
            auto answer = verdict.handle();
            source->poll(call.handle(), answer);
            const auto now = Clock::now();
            print(verdict, heads.since(verdict.height, now),
                  std::chrono::duration<double, std::milli>(now - start).count());
        } catch (const cmw::Error& e) {
            if (e.status() == CMW_CANCELLED) break;
            std::printf("{\"failure\": %d, \"text\": \"%s\"}\n", e.status(), e.what());
            std::fflush(stdout);
            // What the host does: the connection is made anew.
            source = std::make_unique<cmw::substrate::Substrate>(settings, host.handle());
            std::this_thread::sleep_for(200ms);
        }
    }
}
