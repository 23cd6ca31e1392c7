// SPDX-License-Identifier: Apache-2.0
//
// One fetch by the http source, and what came of it.
#pragma once

#include "binary-source/http/source.hpp"
#include "support/fetch_outcome.hpp"

#include <doctest/doctest.h>

namespace [[gnu::visibility("hidden")]] cmw {
namespace http {

using test::Outcome;

inline Source::Settings settings_for(const std::string& url) {
    Source::Settings settings;
    settings.url = url;
    settings.timeout = std::chrono::seconds(20);
    settings.stall_timeout = std::chrono::seconds(20);
    settings.stall_size = {1};
    settings.max_redirects = 5;
    settings.proxy = "none";
    return settings;
}

inline Outcome fetch(const Source::Settings& settings, testing::TestWriter& writer,
                     const testing::TestCall& call,
                     const std::vector<std::string>& locations = {}) {
    const testing::TestHost host;
    Source source(settings, host.handle());
    return test::fetch_with(source, writer, call, locations);
}

inline Outcome fetch(const Source::Settings& settings, testing::TestWriter& writer,
                     const std::vector<std::string>& locations = {}) {
    const testing::TestCall call;
    return fetch(settings, writer, call, locations);
}

inline Outcome check(const Source::Settings& settings) {
    return test::outcome_of([&] { Source::check(settings); });
}

} // namespace http
} // namespace cmw
