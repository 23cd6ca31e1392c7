// SPDX-License-Identifier: Apache-2.0
// A default that is not of its option's type.
#include "sample.hpp"

static constexpr cmw_option options[] = {
    {"every", CMW_TYPE_DURATION, 0, "often", nullptr, nullptr, nullptr, "How often."}};
static constexpr cmw_plugin plugin = sample::with([](auto& p) { p.options = options; });
SAMPLE_LIBRARY(&plugin)
