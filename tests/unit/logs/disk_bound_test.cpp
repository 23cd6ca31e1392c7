// SPDX-License-Identifier: Apache-2.0
#include "logs/disk_bound.hpp"

#include "base/system.hpp"
#include "logs/file_reader.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>

using namespace cmw::logs;
namespace sys = cmw::base::sys;

namespace {

constexpr std::uint64_t KiB = 1024;

std::string lines(int first, int last) {
    std::string text;
    for (int i = first; i < last; ++i) text += "line " + std::to_string(i) + "\n";
    return text;
}

std::uint64_t on_disk(const std::string& path) {
    return static_cast<std::uint64_t>(sys::stat(path).value().st_blocks) * 512;
}

FileId id_of(const std::string& path) {
    return file_id(sys::stat(path).value());
}

/// `path` as it is now is confirmed up to `offset`.
DiskBound::Reached reached(const std::string& path, std::uint64_t offset) {
    return {id_of(path), Fingerprint::of(cmw::test::read_text(path)), offset};
}

/// All that a reader finds in a file, from its start; holes as "|".
std::string read_all(const std::string& path, std::uint64_t* freed = nullptr) {
    FileReader reader(path, std::nullopt, std::nullopt, [](std::uint32_t, const std::string&) {});
    std::string all;
    std::array<char, 1000> buffer{};
    while (true) {
        const auto got = reader.read(buffer).value();
        if (got.state == FileReader::State::nothing) break;
        all.append(buffer.data(), got.size);
        if (got.state == FileReader::State::over) {
            REQUIRE(reader.advance());
            all += '|';
        }
    }
    if (freed != nullptr) *freed = reader.take_freed();
    std::erase(all, '\0'); // Around the hole, as far as blocks reach.
    return all;
}

struct Fixture {
    cmw::test::TemporaryFolder folder;
    std::string path = folder / "a.log";
    std::vector<std::string> said;

    DiskBound bound(const DiskLimits& limits, const std::vector<std::string>& backends) {
        return {path, limits, backends,
                [this](std::uint32_t, const std::string& line) { said.push_back(line); }};
    }
};

/// Some file systems cannot make holes: then there is nothing to see here.
bool can_punch(const std::string& path) {
    const auto file = sys::open(path, O_RDWR);
    const bool can = file && sys::punch_hole(file->get(), 1 << 20, 4096).has_value();
    if (!can) MESSAGE("skipped: this file system cannot make holes");
    return can;
}

} // namespace

TEST_CASE("what of a file is freed") {
    struct Case {
        DiskLimits limits;
        std::uint64_t size, data_start, confirmed;
        Cut expected;
    };
    const DiskLimits keeps{100 * KiB, 50 * KiB, false};
    const DiskLimits drops{100 * KiB, 50 * KiB, true};
    const std::vector<Case> table{
        {keeps, 50 * KiB, 4 * KiB, 50 * KiB, {}},
        {keeps, 104 * KiB, 4 * KiB, 104 * KiB, {}},
        {keeps, 120 * KiB, 4 * KiB, 120 * KiB, {70 * KiB, false}},
        {keeps, 120 * KiB, 4 * KiB, 60 * KiB, {20 * KiB, false}},   // More than `keep` is there.
        {keeps, 200 * KiB, 4 * KiB, 120 * KiB, {100 * KiB, false}}, // Less of it stays.
        {keeps, 500 * KiB, 4 * KiB, 120 * KiB, {120 * KiB, false}},
        {keeps, 500 * KiB, 4 * KiB, 0, {}},           // Nothing is confirmed: it grows.
        {keeps, 500 * KiB, 120 * KiB, 121 * KiB, {}}, // No whole block.
        {keeps, 500 * KiB, 480 * KiB, 500 * KiB, {}}, // It was freed already.
        {drops, 120 * KiB, 4 * KiB, 120 * KiB, {70 * KiB, false}},
        {drops, 500 * KiB, 4 * KiB, 0, {412 * KiB + 512, true}},
        {drops, 500 * KiB, 4 * KiB, 450 * KiB, {400 * KiB, false}},
        {{100 * KiB, 0, false}, 200 * KiB, 4 * KiB, 1000 * KiB, {}}, // It was truncated.
    };
    for (const auto& one : table) {
        CAPTURE(one.size);
        CAPTURE(one.data_start);
        CAPTURE(one.confirmed);
        CHECK(plan_cut(one.limits, one.size, one.data_start, one.confirmed) == one.expected);
    }
}

TEST_CASE("what every backend has confirmed is freed, and nothing else") {
    Fixture test;
    const auto text = lines(0, 50'000);
    cmw::test::write_text(test.path, text);
    if (!can_punch(test.path)) return;
    auto bound = test.bound({100 * KiB, 0, false}, {"a", "b"});
    const auto all = on_disk(test.path);
    const auto half = text.find("line 25000\n");
    bound.confirmed("a", reached(test.path, text.size()));
    CHECK(read_all(test.path) == text); // The other one has confirmed nothing.
    bound.confirmed("b", {{1, 2}, Fingerprint::of(text), text.size()});
    CHECK(read_all(test.path) == text); // Of another file.
    bound.confirmed("b", reached(test.path, half));
    CHECK(on_disk(test.path) < all);
    CHECK(sys::stat(test.path).value().st_size == static_cast<off_t>(text.size()));
    const auto left = read_all(test.path);
    CHECK(left.ends_with(text.substr(half)));
    CHECK(left.starts_with(text.substr(0, 2000)));
    CHECK(left.size() < text.size() - half + 5000);
    bound.confirmed("b", reached(test.path, text.size()));
    CHECK(on_disk(test.path) <= 100 * KiB);
    CHECK(test.said.empty());
}

TEST_CASE("a file that was truncated and written anew is not freed by what was confirmed of it") {
    Fixture test;
    cmw::test::write_text(test.path, lines(0, 50'000));
    if (!can_punch(test.path)) return;
    const auto before = reached(test.path, lines(0, 50'000).size());
    const auto anew = lines(7, 90'000); // Longer than it was, before a reader looked.
    cmw::test::write_text(test.path, anew);
    REQUIRE(id_of(test.path) == before.id);
    auto bound = test.bound({100 * KiB, 0, false}, {"a"});
    bound.confirmed("a", before);
    CHECK(read_all(test.path) == anew);
    bound.confirmed("a", reached(test.path, anew.size()));
    CHECK(on_disk(test.path) <= 100 * KiB);
}

TEST_CASE("who writes a file that is freed notices nothing, with O_APPEND and without") {
    for (const int append : {O_APPEND, 0}) {
        Fixture test;
        const auto writer = sys::open(test.path, O_WRONLY | O_CREAT | append, 0644).value();
        const auto write = [&](const std::string& text) {
            REQUIRE(sys::write_all(writer.get(), std::as_bytes(std::span(text))));
        };
        const auto first = lines(0, 50'000);
        write(first);
        if (!can_punch(test.path)) return;
        auto bound = test.bound({64 * KiB, 0, false}, {"a"});
        bound.confirmed("a", reached(test.path, first.size()));
        CHECK(on_disk(test.path) < first.size() / 2);
        const auto more = lines(50'000, 50'100);
        write(more);
        CHECK(read_all(test.path).ends_with("|" + more));
        CHECK(sys::stat(test.path).value().st_size ==
              static_cast<off_t>(first.size() + more.size()));
    }
}

TEST_CASE("a full disk frees the oldest lines where the stream says so, and tells") {
    Fixture test;
    const auto text = lines(0, 50'000);
    cmw::test::write_text(test.path, text);
    if (!can_punch(test.path)) return;
    auto bound = test.bound({100 * KiB, 0, true}, {"a"});
    bound.confirmed("a", {});
    CHECK(on_disk(test.path) <= 110 * KiB);
    std::uint64_t freed = 0;
    const auto left = read_all(test.path, &freed);
    const auto rest = left.substr(left.find('|') + 1);
    CHECK(rest.starts_with("line ")); // At the border of a line.
    CHECK(text.ends_with(rest));
    CHECK(freed > text.size() - 120 * KiB);
    REQUIRE(test.said.size() == 1);
    CHECK(test.said[0].find("drop-oldest") != std::string::npos);
}

TEST_CASE("where the file system cannot, that is told once and nothing is touched") {
    Fixture test;
    const auto text = lines(0, 50'000);
    cmw::test::write_text(test.path, text);
    auto bound = test.bound({100 * KiB, 0, true}, {"a"});
    sys::set_fault_plan([](sys::Call call, std::string_view) {
        return call == sys::Call::fallocate ? EOPNOTSUPP : 0;
    });
    for (int i = 0; i < 3; ++i) bound.confirmed("a", reached(test.path, text.size()));
    sys::set_fault_plan({});
    REQUIRE(test.said.size() == 1);
    CHECK(test.said[0].find("cannot free what is shipped of the log") != std::string::npos);
    CHECK(test.said[0].find("rotate") != std::string::npos);
    CHECK(read_all(test.path) == text);
}
