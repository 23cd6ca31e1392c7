// SPDX-License-Identifier: Apache-2.0
// What a stream's table says of its files and its backends, over the whole pipeline.
#include "logs/pipeline.hpp"

#include "base/system.hpp"
#include "unit/logs/pipeline_fixture.hpp"

#include <algorithm>
#include <fcntl.h>
#include <set>

using namespace cmw::logs;
using namespace cmw::logs::test;
namespace fs = std::filesystem;
namespace sys = cmw::base::sys;

namespace {

Texts sorted(Texts texts) {
    std::ranges::sort(texts);
    return texts;
}

std::uint64_t on_disk(const std::string& path) {
    return static_cast<std::uint64_t>(sys::stat(path).value().st_blocks) * 512;
}

bool can_punch(const std::string& path) {
    const auto file = sys::open(path, O_RDWR | O_CREAT, 0644);
    const bool can = file && sys::punch_hole(file->get(), 1 << 20, 4096).has_value();
    if (!can) MESSAGE("skipped: this file system cannot make holes");
    return can;
}

} // namespace

TEST_CASE("records below a use's level are passed over and counted, for that use alone") {
    Fixture test;
    append(test.path, "INFO a\nWARN b\nDEBUG c\nERROR d\nINFO e\n");
    Sink all;
    Sink warnings;
    auto settings = stream("a", test.path, {"all", "warnings"});
    settings.to[1].min_level = "warn";
    auto pipeline = test.start({settings}, {all.backend("all"), warnings.backend("warnings")});
    CHECK(eventually([&] { return all.texts().size() == 5; }));
    CHECK(eventually([&] { return warnings.texts() == Texts{"WARN b", "ERROR d"}; }));
    const auto shown = [&] { return pipeline->streams()["a"].to["warnings"]; };
    CHECK(eventually([&] { return shown().dropped == 3 && shown().pending_bytes == 0; }));
    CHECK(shown().delivered == 2);
    CHECK(pipeline->streams()["a"].to["all"].dropped == 0);
    // What was passed over last is not looked at again.
    pipeline.reset();
    pipeline = test.start({settings}, {all.backend("all"), warnings.backend("warnings")});
    append(test.path, "FATAL f\n");
    CHECK(eventually([&] { return warnings.texts().size() == 3; }));
    CHECK(shown().dropped == 0);
}

TEST_CASE("more records than a use's rate are dropped and counted") {
    Fixture test;
    append(test.path, numbered(0, 1000));
    Sink sink;
    auto settings = stream("a", test.path, {"b"});
    settings.to[0].rate_limit = 100;
    const auto pipeline = test.start({settings}, {sink.backend("b")});
    const auto shown = [&] { return pipeline->streams()["a"].to["b"]; };
    CHECK(eventually([&] { return shown().delivered + shown().dropped == 1000; }));
    CHECK(shown().delivered >= 100);
    CHECK(shown().dropped > 0);
    CHECK(shown().pending_bytes == 0);
    CHECK(sink.texts().size() == shown().delivered);
}

TEST_CASE("a wildcard's files are one stream, each with its cursor") {
    Fixture test;
    fs::create_directory(test.folder / "logs");
    const auto one = test.folder / "logs/one.log";
    const auto two = test.folder / "logs/two.log";
    append(one, "one 1\n");
    Sink sink;
    const auto start = [&] {
        return test.start({stream("a", test.folder / "logs/*.log", {"b"})}, {sink.backend("b")});
    };
    auto pipeline = start();
    CHECK(eventually([&] { return sink.texts() == Texts{"one 1"}; }));
    append(two, "two 1\n"); // New: found by its folder.
    append(test.folder / "logs/other.txt", "none of ours\n");
    CHECK(eventually([&] { return sink.texts().size() == 2; }));
    append(one, "one 2\n");
    CHECK(eventually([&] { return sink.texts().size() == 3; }));
    CHECK(eventually([&] { return pipeline->streams()["a"].to["b"].delivered == 3; }));
    CHECK(pipeline->streams().size() == 1);
    CHECK(pipeline->streams()["a"].read_bytes == 18);
    CHECK(pipeline->streams()["a"].to["b"].pending_bytes == 0);

    // Rotated into a name that fits too, and written to while the host is away.
    pipeline.reset();
    append(one, "one 3\n");
    fs::rename(one, test.folder / "logs/one-2026-01-01.log");
    append(one, "one 4\n");
    append(test.folder / "logs/three.log", "three 1\n");
    pipeline = start();
    CHECK(eventually([&] { return sink.texts().size() == 6; }));
    CHECK(sorted(sink.texts()) == Texts{"one 1", "one 2", "one 3", "one 4", "three 1", "two 1"});
    std::set<std::uint64_t> sequences;
    for (const auto& record : sink.received()) sequences.insert(record.sequence);
    CHECK(sequences.size() == 6); // Each its own, over all files.
}

TEST_CASE("a wildcard's folder may come later, and cursors of files that are gone go") {
    Fixture test;
    Sink sink;
    const auto start = [&] {
        return test.start({stream("a", test.folder / "late/*.log", {"b"})}, {sink.backend("b")});
    };
    auto pipeline = start();
    fs::create_directory(test.folder / "late");
    append(test.folder / "late/x.log", "x\n");
    CHECK(eventually([&] { return sink.texts() == Texts{"x"}; }));
    pipeline.reset();
    const auto cursor = test.folder / "state/cursors/a.b.files/x.log";
    CHECK(fs::exists(cursor));
    fs::remove(test.folder / "late/x.log");
    pipeline = start();
    CHECK_FALSE(fs::exists(cursor));
}

TEST_CASE("a stream that starts at the end ships what comes after, once and for all") {
    Fixture test;
    append(test.path, "old\n");
    Sink sink;
    auto settings = stream("a", test.path, {"b"});
    settings.from_end = true;
    auto pipeline = test.start({settings}, {sink.backend("b")});
    append(test.path, "new\n");
    CHECK(eventually([&] { return sink.texts() == Texts{"new"}; }));
    pipeline.reset();
    append(test.path, "while away\n");
    pipeline = test.start({settings}, {sink.backend("b")});
    CHECK(eventually([&] { return sink.texts() == Texts{"new", "while away"}; }));
}

TEST_CASE("flaw 24: what is freed was shipped, and what was not shipped stays") {
    Fixture test;
    if (!can_punch(test.path)) return;
    std::atomic<bool> away{true};
    Sink slow([&](std::size_t, const cmw_log_batch&) {
        return away ? Order{Order::Kind::fail, 0} : Order{};
    });
    Sink quick;
    auto settings = stream("a", test.path, {"slow", "quick"});
    settings.max_size = 100'000;
    settings.keep = 0;
    const auto start = [&] {
        return test.start({settings}, {slow.backend("slow"), quick.backend("quick")});
    };
    auto pipeline = start();
    constexpr int lines = 100'000; // Seven times the limit.
    for (int i = 0; i < lines; i += 1000) append(test.path, numbered(i, 1000));
    const auto size = fs::file_size(test.path);
    CHECK(eventually([&] { return quick.texts().size() == lines; }));
    // One backend is away: nothing is freed.
    CHECK(cmw::test::read_text(test.path).find('\0') == std::string::npos);
    away = false;
    CHECK(eventually([&] { return slow.texts().size() == lines; }));
    CHECK(eventually([&] { return on_disk(test.path) <= 100'000; }));
    CHECK(fs::file_size(test.path) == size);
    CHECK(slow.texts() == numbers(0, lines));

    // A restart knows the file again by what was left of it.
    pipeline.reset();
    append(test.path, "after\n");
    pipeline = start();
    CHECK(eventually([&] { return slow.texts().size() == lines + 1; }));
    CHECK(slow.texts().back() == "after");
    CHECK(quick.texts().size() <= lines + 1);
    CHECK(pipeline->streams()["a"].to["slow"].dropped_bytes == 0);
}

TEST_CASE("when-full = drop-oldest bounds the disk while a backend is away, and counts") {
    Fixture test;
    if (!can_punch(test.path)) return;
    std::atomic<bool> away{true};
    auto limits = no_limits();
    limits.bytes = 4096;
    Sink sink(
        [&](std::size_t, const cmw_log_batch&) {
            return away ? Order{Order::Kind::fail, 0} : Order{};
        },
        limits);
    auto settings = stream("a", test.path, {"b"});
    settings.max_size = 100'000;
    settings.drop_oldest = true;
    const auto pipeline = test.start({settings}, {sink.backend("b")});
    constexpr int lines = 100'000;
    append(test.path, numbered(0, lines));
    CHECK(eventually([&] { return on_disk(test.path) <= 110'000; }));
    away = false;
    CHECK(eventually([&] {
        const auto all = sink.texts();
        return !all.empty() && all.back() == std::to_string(lines - 1);
    }));
    CHECK(sink.texts().size() < lines);
    CHECK(sink.texts().front() == "0"); // It was in hand already.
    const auto shown = [&] { return pipeline->streams()["a"].to["b"]; };
    CHECK(eventually([&] { return shown().pending_bytes == 0; }));
    CHECK(shown().dropped_bytes > 400'000);
    // What came is what is left: nothing but whole lines of the end.
    auto rest = sink.texts();
    Texts end(rest.end() - 10'000, rest.end());
    CHECK(end == numbers(lines - 10'000, 10'000));
}

TEST_CASE("flaw 29: shipping its own log does not make the host log") {
    Fixture test;
    Sink sink;
    Pipeline::Options options;
    options.state_dir = test.folder / "state";
    std::atomic<int> said{0};
    options.log = [&](std::uint32_t, const std::string& line) {
        ++said;
        append(test.path, line + "\n"); // As the host does, at its most talkative.
    };
    std::vector<Pipeline::Backend> backends;
    backends.push_back(sink.backend("b"));
    const Pipeline pipeline(options, {stream("cmix-wrapper", test.path, {"b"})},
                            std::move(backends));
    for (int i = 0; i < 100; ++i) {
        append(test.path, std::to_string(i) + "\n");
        const auto wanted = static_cast<std::size_t>(i) + 1;
        REQUIRE(eventually([&] { return sink.texts().size() >= wanted; }));
    }
    CHECK(said == 0);
    CHECK(sink.texts() == numbers(0, 100));
}

TEST_CASE("flaw 30: what a backend says it took is not sent again") {
    Fixture test;
    append(test.path, numbered(0, 100));
    auto limits = no_limits();
    limits.records = 10;
    Sink sink(
        [](std::size_t number, const cmw_log_batch&) {
            // Fails after some of the batch, twice.
            return number == 0 || number == 2 ? Order{Order::Kind::partly, 3} : Order{};
        },
        limits);
    const auto pipeline = test.start({stream("a", test.path, {"b"})}, {sink.backend("b")});
    CHECK(eventually([&] { return sink.texts().size() >= 100; }));
    CHECK(sink.texts() == numbers(0, 100));
}
