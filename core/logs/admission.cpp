// SPDX-License-Identifier: Apache-2.0
#include "logs/admission.hpp"

#include <algorithm>

namespace cmw::logs {

bool RateLimit::take(base::Monotonic now) {
    const std::chrono::duration<double> passed = now - refilled_;
    left_ = std::min(rate_, left_ + passed.count() * rate_);
    refilled_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

bool Admission::admits(std::uint32_t level, bool continued, base::Monotonic now) {
    if (!continued) admitted_ = level >= min_level_ && (!rate_ || rate_->take(now));
    return admitted_;
}

} // namespace cmw::logs
