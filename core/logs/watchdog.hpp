// SPDX-License-Identifier: Apache-2.0
//
// logs/watchdog.hpp - runs a function if something is not over in time: one thread for all. Asleep
// for good while nothing is watched; what ends in time does not wake it, so it wakes at most once
// for each time limit that passes while there is work.
#pragma once

#include "base/clock.hpp"

#include <functional>
#include <memory>

namespace cmw::logs {

class Watchdog {
  public:
    Watchdog();
    ~Watchdog(); ///< end()
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    using Number = std::uint64_t;
    /// Runs `late` on the watchdog's thread at `at`, unless it is taken back. [any thread]
    Number watch(base::Monotonic at, std::function<void()> late);
    /// `late` may be running still when this returns. [any thread]
    void take_back(Number number);
    /// Nothing runs any more from here on; waits for what runs. Not from within a `late`.
    void end();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace cmw::logs
