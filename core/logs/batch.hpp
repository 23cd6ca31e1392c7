// SPDX-License-Identifier: Apache-2.0
//
// logs/batch.hpp - records of one stream, cut to go together, and the bytes that they are made of.
// Once cut it never changes, so that threads may share it; whoever uses it owns it.
#pragma once

#include "base/clock.hpp"

#include <cmw/abi/log_backend.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cmw::logs {

struct Batch {
    std::string stream;                                      ///< Name and texts lie here ...
    std::unique_ptr<char[]> buffer;                          ///< ... as they were read ...
    std::size_t capacity = 0;                                ///< ... of so many bytes,
    std::vector<std::unique_ptr<const std::string>> changed; ///< ... or as they leave the host ...
    std::vector<cmw_log_record> records;                     ///< ... and are borrowed by these.
    /// Up to here in the stream, counted as `sequence`, all is safe when the records are.
    std::uint64_t end = 0;
    base::Monotonic oldest{}; ///< When the first of them was read.
};

/// Memory of batches, for the next ones: the kernel gives new memory by the page, each of them
/// cleared, which would take longer than to read the file into it. Any thread may be the last that
/// holds a batch, and batches may outlive this.
class BatchMemory : public std::enable_shared_from_this<BatchMemory> {
  public:
    /// Kept at most: those that came back before others are made.
    static constexpr std::size_t most_spare = 2;

    /// An empty batch whose buffer has so many bytes.
    std::shared_ptr<Batch> make(std::string stream, std::size_t capacity);
    /// Frees what is not in use.
    void clear();

  private:
    void take_back(std::unique_ptr<Batch> batch);

    std::mutex mutex_;
    std::vector<std::unique_ptr<Batch>> spare_;
};

} // namespace cmw::logs
