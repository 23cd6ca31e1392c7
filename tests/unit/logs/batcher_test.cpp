// SPDX-License-Identifier: Apache-2.0
#include "logs/batcher.hpp"

#include <set>

using namespace cmw::logs;
using namespace std::chrono_literals;

namespace {

cmw_log_limits limits(std::uint32_t records, std::uint64_t bytes, std::uint32_t overhead,
                      std::uint32_t record_bytes) {
    return {sizeof(cmw_log_limits),
            records,
            bytes,
            overhead,
            record_bytes,
            std::chrono::nanoseconds(2s).count()};
}

/// How many records of each size go into the first batch.
std::size_t first_batch(const cmw_log_limits& declared, const std::vector<std::size_t>& sizes) {
    Batcher batcher(declared, 1);
    for (const auto size : sizes) {
        if (batcher.full() || !batcher.fits(size)) break;
        batcher.add(size, {});
    }
    return batcher.count();
}

} // namespace

TEST_CASE("a batch is cut at the first limit that it reaches") {
    struct Case {
        cmw_log_limits declared;
        std::vector<std::size_t> sizes;
        std::size_t expected;
    };
    const std::vector<Case> table{
        {limits(3, 1000, 0, 1000), {1, 1, 1, 1}, 3},
        {limits(9, 10, 0, 10), {4, 4, 4}, 2},
        {limits(9, 10, 0, 10), {4, 6, 1}, 2},
        {limits(9, 10, 3, 7), {2, 2, 2}, 2},
        {limits(9, 10, 3, 7), {7, 1}, 1},
        {limits(9, 10, 0, 10), {0, 0, 10, 1}, 3},
        {limits(UINT32_MAX, UINT64_MAX, 0, UINT32_MAX), std::vector<std::size_t>(20'000, 1),
         10'000},
        {limits(UINT32_MAX, UINT64_MAX, 0, UINT32_MAX), {600'000, 600'000}, 1},
        {limits(0, 0, 0, 0), {1, 1}, 1},
    };
    for (const auto& one : table) {
        CAPTURE(one.declared.records);
        CAPTURE(one.declared.bytes);
        CHECK(first_batch(one.declared, one.sizes) == one.expected);
    }
}

TEST_CASE("a record of the size that is allowed fits into a batch") {
    CHECK(Batcher(limits(9, 1'048'576, 26, 1'048'576), 1).record_bytes() == 262'144);
    CHECK(Batcher(limits(9, 100, 26, 1000), 1).record_bytes() == 74);
    CHECK(Batcher(limits(9, 10, 26, 1000), 1).record_bytes() == 1);
}

TEST_CASE("a batch is due a while after its first record, each another while") {
    const cmw::base::Monotonic start{};
    std::set<cmw::base::Nanoseconds> waits;
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
        Batcher batcher(limits(9, 100, 0, 100), seed);
        Batcher same(limits(9, 100, 0, 100), seed);
        for (int i = 0; i < 20; ++i) {
            batcher.add(1, start + 5s);
            batcher.add(1, start + 6s);
            same.add(1, start + 5s);
            CHECK(batcher.due() == same.due());
            CHECK(batcher.due() >= start + 6s);
            CHECK(batcher.due() <= start + 7s);
            waits.insert(batcher.due() - start);
            batcher.clear();
            same.clear();
            CHECK(batcher.count() == 0);
        }
    }
    CHECK(waits.size() > 50);
}

TEST_CASE("where nothing may wait a batch is due at once") {
    auto declared = limits(9, 100, 0, 100);
    declared.linger_ns = 0;
    Batcher batcher(declared, 1);
    batcher.add(1, cmw::base::Monotonic{} + 5s);
    CHECK(batcher.due() == cmw::base::Monotonic{} + 5s);
}
