// SPDX-License-Identifier: Apache-2.0
#include "logs/batch.hpp"

namespace cmw::logs {

std::shared_ptr<Batch> BatchMemory::make(std::string stream, std::size_t capacity) {
    std::unique_ptr<Batch> batch;
    {
        const std::lock_guard lock(mutex_);
        if (!spare_.empty()) {
            batch = std::move(spare_.back());
            spare_.pop_back();
        }
    }
    if (!batch) batch = std::make_unique<Batch>();
    batch->stream = std::move(stream);
    if (batch->capacity < capacity) {
        batch->buffer = std::make_unique_for_overwrite<char[]>(capacity);
        batch->capacity = capacity;
    }
    return {batch.release(), [weak = weak_from_this()](Batch* used) {
                std::unique_ptr<Batch> owned(used);
                if (const auto memory = weak.lock()) memory->take_back(std::move(owned));
            }};
}

void BatchMemory::take_back(std::unique_ptr<Batch> batch) {
    batch->changed.clear();
    batch->records.clear();
    const std::lock_guard lock(mutex_);
    if (spare_.size() < most_spare) spare_.push_back(std::move(batch));
}

void BatchMemory::clear() {
    const std::lock_guard lock(mutex_);
    spare_.clear();
}

} // namespace cmw::logs
