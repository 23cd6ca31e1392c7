// SPDX-License-Identifier: Apache-2.0
// Needs a host that is newer than this one.
#include "sample.hpp"

static constexpr cmw_plugin plugin = sample::with([](auto& p) {
    p.name = "newer";
    p.requires_minor = 99;
});
SAMPLE_LIBRARY(&plugin)
