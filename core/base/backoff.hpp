// SPDX-License-Identifier: Apache-2.0
//
// base/backoff.hpp - how long to wait before trying again: exponential, capped, jittered. Pure.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cmath>

namespace cmw::base {

struct Backoff {
    Nanoseconds first = std::chrono::milliseconds(200);
    Nanoseconds cap = std::chrono::minutes(1);
    double factor = 2.0;
    double jitter = 0.2; ///< A delay is taken from [1 - jitter, 1] of its full length.

    /// The wait after `failures` failures in a row (1 or more); `random` is from [0, 1).
    Nanoseconds delay(unsigned failures, double random) const {
        if (failures == 0) return Nanoseconds::zero();
        const double grown =
            static_cast<double>(first.count()) * std::pow(factor, std::min(failures - 1, 64u));
        const double full = std::min(grown, static_cast<double>(cap.count()));
        return Nanoseconds(static_cast<std::int64_t>(full * (1.0 - jitter * random)));
    }
};

} // namespace cmw::base
