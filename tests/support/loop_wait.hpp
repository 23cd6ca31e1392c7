// SPDX-License-Identifier: Apache-2.0
//
// support/loop_wait.hpp - runs an event loop until a condition holds; a generous limit ends a test
// that would hang.
#pragma once

#include "base/event_loop.hpp"

#include <functional>

namespace cmw::test {

/// Whether `condition` came to hold.
inline bool run_until(base::EventLoop& loop, const std::function<bool()>& condition,
                      base::Nanoseconds limit = std::chrono::seconds(30)) {
    const auto end = base::monotonic_now() + limit;
    while (!condition()) {
        if (base::monotonic_now() > end) return false;
        loop.run_once(std::chrono::milliseconds(20));
    }
    return true;
}

} // namespace cmw::test
