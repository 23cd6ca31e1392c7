// SPDX-License-Identifier: Apache-2.0
#include "logs/batch.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <thread>

using namespace cmw::logs;

TEST_CASE("a batch has the memory of one that is no longer used, and nothing else of it") {
    const auto memory = std::make_shared<BatchMemory>();
    auto first = memory->make("first", 100);
    auto second = memory->make("second", 100);
    CHECK(first->capacity == 100);
    CHECK(first->buffer != second->buffer);
    first->records.resize(3);
    first->changed.push_back(std::make_unique<const std::string>("text"));
    const auto* const buffer = first->buffer.get();
    std::thread([held = std::move(first)]() mutable { held.reset(); }).join();

    const auto third = memory->make("third", 80);
    CHECK(third->buffer.get() == buffer);
    CHECK(third->stream == "third");
    CHECK(third->records.empty());
    CHECK(third->changed.empty());
    CHECK(second->stream == "second");

    second.reset();
    const auto larger = memory->make("larger", 1000);
    CHECK(larger->capacity == 1000);
    std::fill_n(larger->buffer.get(), 1000, 'x');
}

TEST_CASE("batches may outlive what gave them their memory, which keeps little") {
    auto memory = std::make_shared<BatchMemory>();
    std::vector<std::shared_ptr<Batch>> batches;
    for (std::size_t i = 0; i < 2 * BatchMemory::most_spare; ++i)
        batches.push_back(memory->make("stream", 10));
    batches.resize(1);
    memory->clear();
    CHECK(memory->make("other", 10)->records.empty());
    memory.reset();
    batches.front()->buffer[9] = 'x';
    batches.clear();
}
