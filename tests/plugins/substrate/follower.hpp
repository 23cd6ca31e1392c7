// SPDX-License-Identifier: Apache-2.0
//
// follower.hpp - the source as the host would have it. Polls have a generous limit; what must come
// without one more notification would otherwise run into it.
#pragma once

#include "consensus-source/substrate/substrate.hpp"
#include "fakes/chain/fake_chain.hpp"
#include "fakes/chain/metadata.hpp"

#include <cmw/testing.hpp>

#include <optional>

namespace cmw::test {

inline std::string digest(unsigned byte) {
    std::string text = "blake2s-256:";
    for (int i = 0; i < 32; ++i) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

struct Follower {
    explicit Follower(const std::string& url) : Follower(substrate::Settings{.endpoints = {url}}) {}
    /// Without an identity, unless the test gives one.
    explicit Follower(substrate::Settings given, std::string state_dir = "/tmp")
        : settings(std::move(given)), host(std::move(state_dir)) {
        if (settings.ready == substrate::ready_auto) settings.ready = substrate::ready_synced;
        renew();
    }

    /// What the host does after a failure.
    void renew() { source = std::make_unique<substrate::Substrate>(settings, host.handle()); }

    cmw_status poll(std::chrono::nanoseconds limit = std::chrono::minutes(1)) {
        const testing::TestCall call(limit);
        return poll(call);
    }
    cmw_status poll(const testing::TestCall& call) {
        verdict.emplace();
        auto answer = verdict->handle();
        try {
            source->poll(call.handle(), answer);
            return CMW_OK;
        } catch (const Error& e) {
            text = e.what();
            return e.status();
        }
    }
    std::string approved(const std::string& target) const {
        const auto found = verdict->approved.find(target);
        return found == verdict->approved.end() ? "" : found->second;
    }
    bool runs() const { return verdict->standing == CMW_STANDING_RUN; }
    bool says(const std::string& words) const { return text.find(words) != std::string::npos; }

    substrate::Settings settings;
    testing::TestHost host;
    std::unique_ptr<substrate::Substrate> source;
    std::optional<testing::TestVerdict> verdict;
    std::string text;
};

} // namespace cmw::test
