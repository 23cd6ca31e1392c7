// SPDX-License-Identifier: Apache-2.0
// Without fault: what must keep working beside the others.
#include "sample.hpp"

SAMPLE_LIBRARY(&sample::plugin)
