// SPDX-License-Identifier: Apache-2.0
//
// logs/admission.hpp - which records of a stream go to one of its backends: those of a level or
// above, and so many a second. Pure. Belongs to one thread.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <memory>

namespace cmw::logs {

/// So many records a second, and as many at once after a pause.
class RateLimit {
  public:
    explicit RateLimit(std::int64_t records_per_second)
        : rate_(static_cast<double>(records_per_second)), left_(rate_) {}

    /// Whether one more may go.
    bool take(base::Monotonic now);

  private:
    double rate_;
    double left_; ///< Records that may go at once.
    base::Monotonic refilled_{};
};

class Admission {
  public:
    /// `min_level`: CMW_LEVEL_*. `rate`: that of all files of the stream; null: no limit.
    Admission(std::uint32_t min_level, std::shared_ptr<RateLimit> rate)
        : min_level_(min_level), rate_(std::move(rate)) {}

    /// Of each record in turn. A part that goes on with the record before shares its fate.
    bool admits(std::uint32_t level, bool continued, base::Monotonic now);

  private:
    std::uint32_t min_level_;
    std::shared_ptr<RateLimit> rate_;
    bool admitted_ = true; ///< The record before was.
};

} // namespace cmw::logs
