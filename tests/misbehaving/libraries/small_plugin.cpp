// SPDX-License-Identifier: Apache-2.0
// Its plugin's table is smaller than the first version's.
#include "sample.hpp"

static constexpr cmw_plugin plugin = sample::with([](auto& p) { p.struct_size = 16; });
SAMPLE_LIBRARY(&plugin)
