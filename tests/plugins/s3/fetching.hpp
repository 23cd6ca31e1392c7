// SPDX-License-Identifier: Apache-2.0
//
// One fetch by the s3 source, and what came of it.
#pragma once

#include "binary-source/s3/source.hpp"
#include "support/fetch_outcome.hpp"

#include <doctest/doctest.h>

namespace [[gnu::visibility("hidden")]] cmw {
namespace s3 {

/// As the options' defaults, for a server of the test.
inline Source::Settings settings_for(const std::string& endpoint) {
    Source::Settings settings;
    settings.bucket = "bins";
    settings.key = "{target}/{digest}";
    settings.region = "us-east-1";
    settings.endpoint = endpoint;
    settings.addressing = "auto";
    settings.credentials = "auto";
    settings.key_id = "AKIDEXAMPLE";
    settings.secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    settings.timeout = std::chrono::seconds(20);
    settings.stall_timeout = std::chrono::seconds(20);
    settings.stall_size = {1};
    settings.proxy = "none";
    return settings;
}

inline std::string empty_environment(const char*) {
    return "";
}

/// A source and its host, for several fetches.
struct Fetching {
    explicit Fetching(const Source::Settings& settings)
        : source(settings, host.handle(), empty_environment) {}
    test::Outcome fetch(testing::TestWriter& writer,
                        const std::vector<std::string>& locations = {}) {
        const testing::TestCall call;
        return test::fetch_with(source, writer, call, locations);
    }
    testing::TestHost host;
    Source source;
};

inline test::Outcome fetch(const Source::Settings& settings, testing::TestWriter& writer) {
    return Fetching(settings).fetch(writer);
}

inline test::Outcome check(const Source::Settings& settings) {
    return test::outcome_of([&] { Source::check(settings); });
}

} // namespace s3
} // namespace cmw
