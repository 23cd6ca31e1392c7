// SPDX-License-Identifier: Apache-2.0
#include "logs/tail.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

using namespace cmw::logs;
using namespace std::chrono_literals;
namespace sys = cmw::base::sys;

namespace {

std::string line(int number) {
    return "line " + std::to_string(number) + " " + std::string(83, 'x');
}

/// A tail of a log with 50,000 lines, whose disk is bounded to less.
struct Fixture {
    cmw::test::TemporaryFolder folder;
    std::string path = folder / "a.log";
    std::string text;
    std::shared_ptr<DiskBound> disk;
    RecordRules rules;
    std::optional<Tail> tail;
    Watches watches = Watches::create(1).value();
    Tail::Now now{cmw::base::monotonic_now(), cmw::base::unix_now(), true};
    std::vector<std::string> texts;
    std::uint64_t dropped_bytes = 0;

    Fixture() {
        for (int i = 0; i < 50'000; ++i) text += line(i) + "\n";
        cmw::test::write_text(path, text);
        disk = std::make_shared<DiskBound>(path, DiskLimits{1 << 20, 0, true},
                                           std::vector<std::string>{"cloud"},
                                           [](std::uint32_t, const std::string&) {});
        const cmw_log_limits limits{sizeof(cmw_log_limits), 1000, 20'000, 0, 1000, 0, 1, 0};
        tail.emplace(Tail::Settings{"a", path, folder / "cursor",
                                    [](std::uint32_t, const std::string&) {}, Admission(0, nullptr),
                                    1, disk},
                     rules, limits);
    }

    /// Ships so many batches, or what there is.
    void ship(int batches) {
        for (int i = 0; i < batches; ++i) {
            REQUIRE(tail->fill(now, watches, 0));
            if (!tail->ready(now)) break;
            tail->cut();
            const auto batch = tail->take().batch;
            for (const auto& record : batch->records)
                texts.emplace_back(record.text.data, record.text.size);
            (void)tail->written(*batch, batch->records.size(), 0);
        }
        dropped_bytes += tail->take_dropped_bytes();
    }
};

} // namespace

TEST_CASE("drop-oldest takes whole records from who is reading there, and counts them") {
    Fixture test;
    const auto file = sys::open(test.path, O_RDWR);
    if (!file || !sys::punch_hole(file->get(), 1 << 30, 4096)) {
        MESSAGE("skipped: this file system cannot make holes");
        return;
    }
    test.ship(3);
    const auto before = test.texts.size();
    REQUIRE(before > 100);
    CHECK(test.dropped_bytes == 0);
    // What was read is in the middle of a line.
    const auto read = test.tail->reader().offset();
    REQUIRE(test.text[read - 1] != '\n');
    test.disk->confirmed("cloud", {});
    CHECK(test.disk->dropped().to > 2 << 20);
    test.ship(10'000);

    std::uint64_t shipped = 0;
    for (const auto& text : test.texts) {
        shipped += text.size() + 1;
        const auto number = std::stoi(text.substr(5));
        REQUIRE(text == line(number));
    }
    CHECK(test.texts.size() > before);
    CHECK(test.texts.back() == line(49'999));
    CHECK(shipped + test.dropped_bytes == test.text.size());
}

TEST_CASE("the day's clock may jump: batches are made as before") {
    Fixture test;
    test.now.stopping = false;
    for (const auto jump : {0h, 50'000h, -90'000h}) {
        test.now.unix += jump;
        test.now.monotonic += 1s;
        test.ship(3);
    }
    test.now.stopping = true;
    test.ship(10'000);
    REQUIRE(test.texts.size() == 50'000);
    for (int i = 0; i < 50'000; ++i) REQUIRE(test.texts[static_cast<std::size_t>(i)] == line(i));
}
