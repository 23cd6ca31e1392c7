// SPDX-License-Identifier: Apache-2.0
// Counts options that are not there.
#include "sample.hpp"

static constexpr cmw_plugin plugin = sample::with([](auto& p) { p.option_count = 4'000'000'000; });
SAMPLE_LIBRARY(&plugin)
