// SPDX-License-Identifier: Apache-2.0
// Two plugins of one kind and name.
#include "sample.hpp"

SAMPLE_LIBRARY(&sample::plugin, &sample::plugin)
