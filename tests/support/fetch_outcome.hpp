// SPDX-License-Identifier: Apache-2.0
//
// support/fetch_outcome.hpp - one fetch by a binary source, and what came of it. The artifact is
// "server" with the digest abcd.
#pragma once

#include <array>
#include <cmw/testing.hpp>

namespace [[gnu::visibility("hidden")]] cmw {
namespace test {

/// The status, text and retry_after of a call; CMW_OK and "" if all went well.
struct Outcome {
    cmw_status status = CMW_OK;
    std::string text;
    std::chrono::nanoseconds retry_after{};
    bool says(std::string_view part) const { return text.find(part) != text.npos; }
};

template <class Work>
Outcome outcome_of(Work work) {
    try {
        work();
        return {};
    } catch (const Error& error) {
        return {error.status(), error.what(), error.retry_after()};
    }
}

/// `locations`: URLs that the network names for the artifact.
inline Outcome fetch_with(BinarySource& source, testing::TestWriter& writer,
                          const testing::TestCall& call,
                          const std::vector<std::string>& locations = {}) {
    static constexpr std::array<std::uint8_t, 2> digest{0xab, 0xcd};
    std::vector<cmw_str> urls;
    for (const auto& url : locations) urls.push_back(to_str(url));
    const cmw_artifact artifact{sizeof(cmw_artifact),
                                digest.size(),
                                digest.data(),
                                to_str("blake2s-256"),
                                to_str("server"),
                                urls.data(),
                                static_cast<std::uint32_t>(urls.size()),
                                0};
    const cmw_config no_use{sizeof(cmw_config), 0, nullptr};
    return outcome_of([&] {
        auto out = writer.handle();
        source.fetch(call.handle(), no_use, Artifact(&artifact), out);
    });
}

} // namespace test
} // namespace cmw
