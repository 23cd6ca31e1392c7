// SPDX-License-Identifier: Apache-2.0
//
// shared/pace.hpp - how fast a transfer goes: too slowly, or faster than it may. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace cmw::shared {

/// Tells when a transfer has stalled: fewer than `least` bytes in `window` of waiting for them.
class StallWatch {
  public:
    StallWatch(std::chrono::nanoseconds window, std::int64_t least)
        : window_(window), least_(least) {}

    /// `bytes` came after `waited`. True: it has stalled.
    bool add(std::size_t bytes, std::chrono::nanoseconds waited) {
        waited_ += waited;
        bytes_ += static_cast<std::int64_t>(bytes);
        if (waited_ < window_) return false;
        const bool stalled = bytes_ < least_;
        waited_ = {};
        bytes_ = 0;
        return stalled;
    }

  private:
    std::chrono::nanoseconds window_;
    std::int64_t least_;
    std::chrono::nanoseconds waited_{};
    std::int64_t bytes_ = 0;
};

/// Lets through `rate` bytes a second, and a second's worth at once after a pause; 0: any number.
class TokenBucket {
  public:
    using Time = std::chrono::steady_clock::time_point;

    TokenBucket(std::int64_t rate, Time now)
        : rate_(static_cast<double>(rate)), level_(rate_), filled_(now) {}

    /// Takes `bytes` that came at `now`; how long to wait before taking more.
    std::chrono::nanoseconds take(std::size_t bytes, Time now) {
        if (rate_ <= 0) return {};
        const std::chrono::duration<double> passed = now - filled_;
        filled_ = now;
        level_ += passed.count() * rate_;
        if (level_ > rate_) level_ = rate_;
        level_ -= static_cast<double>(bytes);
        if (level_ >= 0) return {};
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(-level_ / rate_));
    }

  private:
    double rate_;
    double level_; ///< Below 0: what was taken too early.
    Time filled_;
};

} // namespace cmw::shared
