// SPDX-License-Identifier: Apache-2.0
#include "logs/window.hpp"

using namespace cmw::logs;

namespace {

/// Three batches of ten records of ten bytes each, one behind the other, all being written.
struct Fixture {
    Window window;
    std::vector<std::shared_ptr<Batch>> batches;

    Fixture() {
        for (std::uint64_t i = 0; i < 3; ++i) {
            auto batch = std::make_shared<Batch>();
            for (std::uint64_t record = 0; record < 10; ++record)
                batch->records.push_back({0, 100 * i + 10 * record, {}, {}, 0, 0});
            batch->end = 100 * (i + 1);
            batches.push_back(batch);
            window.add(batch);
            (void)window.take();
        }
    }
};

} // namespace

TEST_CASE("the cursor moves in order, in whatever order batches come through") {
    struct Step {
        std::size_t batch, count;        ///< So many of its records are safe.
        std::size_t records;             ///< So many more count ...
        std::optional<std::uint64_t> to; ///< ... and the cursor is here.
    };
    const std::vector<std::vector<Step>> table{
        {{0, 10, 10, 100}, {1, 10, 10, 200}, {2, 10, 10, 300}},
        {{2, 10, 0, {}}, {1, 10, 0, {}}, {0, 10, 30, 300}},
        {{1, 10, 0, {}}, {0, 10, 20, 200}, {2, 10, 10, 300}},
        {{1, 4, 0, {}}, {0, 10, 14, 140}, {1, 6, 6, 200}, {2, 0, 0, {}}, {2, 10, 10, 300}},
        {{0, 0, 0, {}}, {0, 3, 3, 30}, {2, 10, 0, {}}, {0, 7, 7, 100}, {1, 10, 20, 300}},
        {{0, 99, 10, 100}},
    };
    for (const auto& steps : table) {
        Fixture test;
        for (const auto& step : steps) {
            CAPTURE(&step - steps.data());
            const auto moved = test.window.written(*test.batches[step.batch], step.count);
            CHECK(moved.records == step.records);
            CHECK(moved.to == step.to);
        }
    }
}

TEST_CASE("what failed is written again, oldest first, and what is safe is not") {
    Fixture test;
    CHECK_FALSE(test.window.waits());
    (void)test.window.written(*test.batches[2], 10);
    (void)test.window.written(*test.batches[1], 3);
    (void)test.window.written(*test.batches[0], 0);
    REQUIRE(test.window.waits());
    CHECK(test.window.take().batch == test.batches[0]);
    const auto& second = test.window.take();
    CHECK(second.batch == test.batches[1]);
    CHECK(second.delivered == 3);
    CHECK_FALSE(test.window.waits());
    CHECK(test.window.size() == 3);
    CHECK(test.window.written(*test.batches[0], 10).to == 130);
    CHECK(test.window.written(*test.batches[1], 7).to == 300);
    CHECK(test.window.empty());
}

TEST_CASE("what was rejected counts with the records around it") {
    Fixture test;
    CHECK(test.window.written(*test.batches[1], 10, 3).rejected == 0);
    CHECK(test.window.written(*test.batches[0], 5, 2).rejected == 2);
    const auto moved = test.window.written(*test.batches[0], 5, 1);
    CHECK(moved.records == 15);
    CHECK(moved.rejected == 4);
}

TEST_CASE("a batch that is no longer there moves nothing") {
    Fixture test;
    (void)test.window.written(*test.batches[0], 10);
    CHECK_FALSE(test.window.written(*test.batches[0], 10).to);
    CHECK(test.window.size() == 2);
}
