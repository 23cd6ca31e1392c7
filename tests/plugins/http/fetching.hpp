// SPDX-License-Identifier: Apache-2.0
//
// One fetch by the http source, and what came of it.
#pragma once

#include "binary-source/http/source.hpp"

#include <array>
#include <cmw/testing.hpp>
#include <doctest/doctest.h>

namespace [[gnu::visibility("hidden")]] cmw {
namespace http {

/// The status, text and retry_after of a fetch; CMW_OK and "" if all went well.
struct Outcome {
    cmw_status status = CMW_OK;
    std::string text;
    std::chrono::nanoseconds retry_after{};
    bool says(std::string_view part) const { return text.find(part) != text.npos; }
};

inline Source::Settings settings_for(const std::string& url) {
    Source::Settings settings;
    settings.url = url;
    settings.timeout = std::chrono::seconds(20);
    settings.max_redirects = 5;
    return settings;
}

inline Outcome fetch(const Source::Settings& settings, testing::TestWriter& writer,
                     const testing::TestCall& call) {
    static constexpr std::array<std::uint8_t, 2> digest{0xab, 0xcd};
    const cmw_artifact artifact{sizeof(cmw_artifact),
                                digest.size(),
                                digest.data(),
                                to_str("blake2s-256"),
                                to_str("server"),
                                nullptr,
                                0,
                                0};
    const cmw_config no_use{sizeof(cmw_config), 0, nullptr};
    const testing::TestHost host;
    try {
        Source source(settings, host.handle());
        auto out = writer.handle();
        source.fetch(call.handle(), no_use, Artifact(&artifact), out);
        return {};
    } catch (const Error& error) {
        return {error.status(), error.what(), error.retry_after()};
    }
}

inline Outcome fetch(const Source::Settings& settings, testing::TestWriter& writer) {
    const testing::TestCall call;
    return fetch(settings, writer, call);
}

inline Outcome check(const Source::Settings& settings) {
    try {
        Source::check(settings);
        return {};
    } catch (const Error& error) {
        return {error.status(), error.what(), {}};
    }
}

} // namespace http
} // namespace cmw
