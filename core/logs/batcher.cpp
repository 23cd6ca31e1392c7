// SPDX-License-Identifier: Apache-2.0
#include "logs/batcher.hpp"

#include <algorithm>

namespace cmw::logs {

Batcher::Batcher(const cmw_log_limits& limits, std::uint32_t seed)
    : records_(std::clamp<std::size_t>(limits.records, 1, most_records)),
      bytes_(static_cast<std::size_t>(std::clamp<std::uint64_t>(limits.bytes, 1, most_bytes))),
      overhead_(std::min<std::size_t>(limits.overhead_bytes, bytes_ - 1)),
      record_bytes_(std::min(std::clamp<std::size_t>(limits.record_bytes, 1, most_record_bytes),
                             bytes_ - overhead_)),
      linger_(std::clamp<std::int64_t>(limits.linger_ns, 0, 3'600'000'000'000)),
      random_(seed) {}

bool Batcher::fits(std::size_t text_size) const {
    return count_ == 0 || (count_ < records_ && taken_ + text_size + overhead_ <= bytes_);
}

void Batcher::add(std::size_t text_size, base::Monotonic now) {
    if (count_ == 0 && linger_.count() > 0)
        due_ = now + base::Nanoseconds(std::uniform_int_distribution<std::int64_t>(
                         linger_.count() / 2, linger_.count())(random_));
    else if (count_ == 0)
        due_ = now;
    ++count_;
    taken_ += text_size + overhead_;
}

void Batcher::clear() {
    count_ = 0;
    taken_ = 0;
}

} // namespace cmw::logs
