// SPDX-License-Identifier: Apache-2.0
//
// Frames of a log, and where to go on in it.
#include "fake_engine.hpp"
#include "log_frames.hpp"
#include "log_position.hpp"

#include <cmw/error.hpp>
#include <doctest/doctest.h>

using namespace cmw::container;
using cmw::test::frame;

namespace {

struct Kept {
    bool error;
    std::int64_t time;
    std::string text;
    bool operator==(const Kept&) const = default;
};

std::vector<Kept> parse(const std::string& bytes, std::size_t piece) {
    LogFrames frames;
    std::vector<Kept> all;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        frames.feed(std::as_bytes(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at))),
                    [&](const LogEntry& entry) {
                        all.push_back({entry.error, entry.time_ns, std::string(entry.text)});
                    });
    return all;
}

std::string refusal(const std::string& bytes) {
    try {
        parse(bytes, bytes.size());
    } catch (const cmw::Error& error) {
        CHECK(error.status() == CMW_INVALID);
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("a log in frames is read in whatever pieces it comes") {
    const auto bytes = frame("1970-01-01T00:00:01Z one\n") +
                       frame("1970-01-01T00:00:01.5Z two\n", 2) + frame("1970-01-01T00:00:02Z ") +
                       frame("1970-01-01T00:00:03Z no end");
    const std::vector<Kept> wanted{{false, 1'000'000'000, "one\n"},
                                   {true, 1'500'000'000, "two\n"},
                                   {false, 2'000'000'000, ""},
                                   {false, 3'000'000'000, "no end"}};
    for (const std::size_t piece : {1u, 2u, 7u, 8u, 9u, 40u, 1000u}) {
        INFO(piece);
        CHECK(parse(bytes, piece) == wanted);
    }
    CHECK(parse(bytes.substr(0, bytes.size() - 1), 9).size() == 3);
}

TEST_CASE("what is no log in frames is refused") {
    CHECK(refusal("plain text of a terminal\n").find("not in frames") != std::string::npos);
    CHECK(refusal(frame("x", 4)).find("not in frames") != std::string::npos);
    CHECK(refusal(std::string("\x01\0\0\0\x7f\xff\xff\xff", 8)).find("1 MiB") != std::string::npos);
    CHECK(refusal(frame("no time\n")).find("no time") != std::string::npos);
    CHECK(refusal(frame("2026-01-01T00:00:00Z")).find("no time") != std::string::npos);
    CHECK(refusal(frame("")).find("no time") != std::string::npos);
    CHECK(refusal(frame("disk\nfailed", 3)).ends_with("the engine says: disk"));
}

TEST_CASE("times of engines are read, and nothing else") {
    CHECK(parse_time("2026-11-23T05:19:31Z") == 1795411171'000'000'000);
    CHECK(parse_time("2026-11-23T05:19:31.000000001Z") == 1795411171'000'000'001);
    CHECK(parse_time("2026-11-23T05:19:31.1234567899Z") == 1795411171'123'456'789);
    CHECK(parse_time("2026-11-23T06:49:31+01:30") == 1795411171'000'000'000);
    CHECK(parse_time("2026-11-23T00:19:31.5-05:00") == 1795411171'500'000'000);
    for (const char* text :
         {"", "2026", "2026-11-23", "2026-11-23T05:19:31", "2026-11-23 05:19:31Z",
          "2026-13-23T05:19:31Z", "2026-02-30T05:19:31Z", "2026-11-23T25:19:31Z",
          "2026-11-23T05:19:31.Z", "2026-11-23T05:19:31Zx", "2026-11-23T05:19:31+1:00",
          "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "-026-11-23T05:19:31Z"}) {
        INFO(text);
        CHECK_FALSE(parse_time(text));
    }
}

TEST_CASE("a position outlives its line, and a torn one is none") {
    const LogPosition position{std::string(64, 'f'), INT64_MAX, 7, {12, 34}, {56, UINT64_MAX}};
    const auto line = print_position(position);
    CHECK(line.size() == 256);
    CHECK(parse_position(line) == position);
    const auto end = line.find("end");
    for (std::size_t size = 0; size < end + 3; ++size) {
        INFO(size);
        CHECK_FALSE(parse_position(line.substr(0, size)));
    }
    CHECK_FALSE(parse_position("another-format" + line.substr(15)));
}

TEST_CASE("entries of one time are counted") {
    LogPosition position;
    for (const std::int64_t time : {5, 5, 7, 7, 7}) position.advance(time);
    CHECK(position.time_ns == 7);
    CHECK(position.count == 3);
    Skip skip(position);
    std::vector<std::int64_t> fresh;
    for (const std::int64_t time : {5, 5, 7, 7, 7, 7, 8, 6})
        if (skip.is_new(time)) fresh.push_back(time);
    CHECK(fresh == std::vector<std::int64_t>{7, 8, 6}); // Clocks are set back, too.
    Skip none{LogPosition()};
    CHECK(none.is_new(0));
}

TEST_CASE("entries that the engine no longer has are not waited for") {
    LogPosition position;
    position.advance(5);
    position.advance(5);
    Skip skip(position);
    CHECK(skip.is_new(9));
    CHECK(skip.is_new(5));
}

TEST_CASE("what is in the file already is not written again") {
    Repeat repeat("one\ntwo\nthr");
    CHECK(repeat.new_part("one\n").empty());
    CHECK(repeat.left() == 7);
    CHECK(repeat.new_part("two\n").empty());
    CHECK(repeat.new_part("three\n") == "ee\n");
    CHECK(repeat.left() == 0);
    CHECK(repeat.new_part("one\n") == "one\n");
}

TEST_CASE("what another wrote into the file costs no output") {
    Repeat repeat("one\nalien\n");
    CHECK(repeat.new_part("one\n").empty());
    CHECK(repeat.new_part("all\n") == "all\n");
    CHECK(repeat.new_part("alien\n") == "alien\n");
    CHECK(repeat.left() == 0);
}
