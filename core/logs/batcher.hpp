// SPDX-License-Identifier: Apache-2.0
//
// logs/batcher.hpp - how many records make a batch, and when it goes: by the limits that a backend
// declares. Pure. One batch after the other: add until it is full or due, then clear.
#pragma once

#include "base/clock.hpp"

#include <cmw/abi/log_backend.h>

#include <cstddef>
#include <random>

namespace cmw::logs {

class Batcher {
  public:
    /// Limits of ours, for backends that name none: they bound the memory of a batch.
    static constexpr std::size_t most_records = 10'000;
    static constexpr std::size_t most_bytes = 1024 * 1024;
    static constexpr std::size_t most_record_bytes = 256 * 1024;

    /// `seed`: of how long batches wait that are not full.
    Batcher(const cmw_log_limits& limits, std::uint32_t seed);

    /// Of text in a record; a record of that size fits into a batch.
    std::size_t record_bytes() const { return record_bytes_; }
    /// Of text in a batch.
    std::size_t bytes() const { return bytes_; }

    /// Whether a record of `text_size` fits in beside those that are there. The first one does.
    bool fits(std::size_t text_size) const;
    void add(std::size_t text_size, base::Monotonic now);
    void clear();

    std::size_t count() const { return count_; }
    bool full() const { return count_ >= records_ || taken_ >= bytes_; }
    /// When a batch that is not full goes all the same; only of one that is not empty. Drawn for each
    /// batch, from half of what the backend allows to all of it: neither the streams of a host nor
    /// many hosts shall send in the same instant.
    base::Monotonic due() const { return due_; }

  private:
    std::size_t records_;
    std::size_t bytes_;
    std::size_t overhead_;
    std::size_t record_bytes_;
    base::Nanoseconds linger_;
    std::size_t count_ = 0;
    std::size_t taken_ = 0; ///< Bytes, overhead included.
    base::Monotonic due_{};
    std::minstd_rand random_;
};

} // namespace cmw::logs
