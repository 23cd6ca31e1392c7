// SPDX-License-Identifier: Apache-2.0
//
// supervisor/restart_policy.hpp - whether a program that ended is started again, and when. Pure.
#pragma once

#include "base/backoff.hpp"
#include "config/settings.hpp"

namespace cmw::supervisor {

struct RestartPolicy {
    config::Restart restart = config::Restart::on_failure;
    base::Backoff backoff;
    base::Nanoseconds healthy_after{}; ///< Running this long makes the next failure the first.
    base::Nanoseconds stop_timeout{};  ///< From asking gently to killing.

    /// Whether a program that ended like this is started again.
    bool restarts(bool success) const {
        if (restart == config::Restart::on_failure) return !success;
        return restart == config::Restart::always;
    }

    /// How many failures in a row there were when one that ran for `ran` has ended.
    unsigned failures_after(unsigned before, base::Nanoseconds ran) const {
        return ran >= healthy_after ? 1 : before + 1;
    }

    /// The wait after `failures` (1 or more) in a row. A first wait of zero means at once, once:
    /// a program that fails again and again must not spin.
    base::Nanoseconds delay(unsigned failures, double random) const {
        if (backoff.first > base::Nanoseconds::zero()) return backoff.delay(failures, random);
        auto after_the_first = backoff;
        after_the_first.first =
            std::min<base::Nanoseconds>(std::chrono::milliseconds(100), backoff.cap);
        return after_the_first.delay(failures - 1, random);
    }
};

inline RestartPolicy restart_policy(const config::ServiceSettings& settings) {
    RestartPolicy policy;
    policy.restart = settings.restart;
    policy.backoff.first = settings.restart_first;
    policy.backoff.cap = settings.restart_cap;
    policy.healthy_after = settings.healthy_after;
    policy.stop_timeout = settings.stop_timeout;
    return policy;
}

} // namespace cmw::supervisor
