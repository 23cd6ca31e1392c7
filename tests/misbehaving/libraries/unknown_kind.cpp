// SPDX-License-Identifier: Apache-2.0
// A kind that this host does not have, beside one that it has.
#include "sample.hpp"

static constexpr cmw_plugin weather = sample::with([](auto& p) {
    p.kind = "weather-source/1";
    p.name = "weather";
});
static constexpr cmw_plugin known = sample::with([](auto& p) { p.name = "known"; });
SAMPLE_LIBRARY(&weather, &known)
