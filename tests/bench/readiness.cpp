// SPDX-License-Identifier: Apache-2.0
//
// What it costs to find this node among 1,000 validators, on a fake chain on the loopback: the
// first answer with the search, and each block after it without. Bytes are those of the connection.
#include "consensus-source/substrate/substrate.hpp"
#include "fakes/chain/fake_chain.hpp"
#include "fakes/chain/metadata.hpp"
#include "fakes/chain/validators.hpp"
#include "shared/hex.hpp"

#include <cmw/testing.hpp>

#include <algorithm>
#include <cstdio>

using namespace cmw;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t validators = 1000;
constexpr int blocks = 50;

struct Cost {
    double ms = 0;
    std::size_t requests = 0;
    std::size_t reads = 0; ///< Of them state_queryStorageAt.
    fakes::FakeChain::Traffic traffic;
};

Cost poll(substrate::Substrate& source, fakes::FakeChain& chain) {
    chain.take_requests();
    chain.take_traffic();
    testing::TestCall call(std::chrono::minutes(1));
    testing::TestVerdict verdict;
    auto answer = verdict.handle();
    const auto start = Clock::now();
    source.poll(call.handle(), answer);
    const std::chrono::duration<double, std::milli> took = Clock::now() - start;
    if (verdict.standing != CMW_STANDING_RUN) throw Error(CMW_FAILED, "cannot find the validator");
    const auto requests = chain.take_requests();
    return {took.count(), requests.size(),
            static_cast<std::size_t>(std::ranges::count(requests, "state_queryStorageAt")),
            chain.take_traffic()};
}

} // namespace

int main() {
    const fakes::Record record{.validators = true};
    fakes::FakeChain chain(record);
    chain.store(fakes::validator_state(validators));
    chain.finalise(fakes::make_value(record, {3, 4}));
    testing::TestHost host;
    host.identity["hexNodeID"] = "0x" + shared::to_hex(fakes::cmix_id(validators - 1));
    const auto sync = substrate::ready_synced;
    substrate::Settings settings{.endpoints = {chain.url()}, .ready = sync};
    substrate::Substrate plain(settings, host.handle());
    const auto without = poll(plain, chain);
    settings.ready = substrate::ready_validator;
    substrate::Substrate source(settings, host.handle());
    const auto first = poll(source, chain);
    std::vector<double> times;
    Cost later;
    for (int i = 0; i < blocks; ++i) {
        chain.finalise(fakes::make_value(record, {3, 4}));
        later = poll(source, chain);
        times.push_back(later.ms);
    }
    std::ranges::sort(times);
    std::printf("{\"benchmark\": \"readiness\", \"validators\": %zu, \"search_requests\": %zu, "
                "\"search_bytes_out\": %llu, \"search_bytes_in\": %llu, \"first_answer_ms\": %.1f, "
                "\"first_answer_without_ms\": %.1f, \"block_ms\": %.2f, \"block_requests\": %zu, "
                "\"block_bytes\": %llu}\n",
                validators, first.reads - without.reads,
                static_cast<unsigned long long>(first.traffic.in - without.traffic.in),
                static_cast<unsigned long long>(first.traffic.out - without.traffic.out), first.ms,
                without.ms, times[times.size() / 2], later.requests,
                static_cast<unsigned long long>(later.traffic.in + later.traffic.out));
}
