// SPDX-License-Identifier: Apache-2.0
// Lacks the function of its kind.
#include "sample.hpp"

static constexpr cmw_consensus_source_ops ops{sizeof(cmw_consensus_source_ops), nullptr};
static constexpr cmw_plugin plugin = sample::with([](auto& p) { p.ops = &ops; });
SAMPLE_LIBRARY(&plugin)
