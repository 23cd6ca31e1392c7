// SPDX-License-Identifier: Apache-2.0
#include "logs/finished.hpp"

#include <doctest/doctest.h>

using namespace cmw::logs;

namespace {

Generation generation(std::string name, std::uint64_t inode, std::uint64_t size,
                      std::int64_t modified = 0, std::int64_t born = 1) {
    const bool live = name == "a.log";
    return {std::move(name), {1, inode}, size, modified, live, born};
}

FinishedFile file_of(const Generation& one, std::string_view first, std::uint64_t read) {
    return {one.identity(), Fingerprint::of(first), read};
}

using Names = std::vector<std::string>;

Names names(const std::vector<Generation>& generations) {
    Names all;
    for (const auto& one : generations) all.push_back(one.name);
    return all;
}

} // namespace

TEST_CASE("what of a generation is unread is told by what was read of it, not by a clock") {
    constexpr auto all = FinishedFile::all;
    struct Row {
        std::uint64_t read;
        std::uint64_t size;
        std::string first;
        std::optional<std::uint64_t> from;
    };
    const std::vector<Row> rows{
        {100, 100, "start", std::nullopt},
        {100, 130, "start", 100}, // Written late.
        {100, 130, "other", 0},   // Rewritten.
        {100, 60, "start", std::nullopt},
        {100, 60, "other", 0},
        {0, 10, "start", 0},
        {all, 100, "other", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.read);
        CAPTURE(row.size);
        CAPTURE(row.first);
        const auto one = generation("a.log.1", 7, row.size);
        Finished finished;
        finished.add(file_of(one, "start", row.read));
        CHECK(unread_from(finished, one, row.first) == row.from);
    }
    const auto fresh = generation("a.log.1", 7, 10);
    CHECK(unread_from({}, fresh, "") == 0);
    CHECK(unread_from({}, generation("a.log", 7, 0), "") == std::nullopt);

    Finished passed_over;
    passed_over.add(file_of(generation("a.log", 7, 1), "start", all));
    // It became the log; another file has its inode; one has it and the file system tells no birth.
    CHECK(unread_from(passed_over, generation("a.log", 7, 10), "start") == 0);
    CHECK(unread_from(passed_over, generation("a.log.1", 7, 10, 0, 2), "start") == 0);
    Finished nameless;
    nameless.add(file_of(generation("a.log.1", 7, 1, 0, 0), "start", all));
    CHECK(unread_from(nameless, generation("a.log.1", 7, 10, 0, 0), "start") == std::nullopt);
    CHECK(unread_from(nameless, generation("a.log.1", 7, 10, 0, 0), "other") == 0);
    CHECK(unread_bytes(nameless,
                       std::vector{generation("a.log", 1, 5), generation("a.log.2", 2, 6)},
                       {1, 1}) == 6);
}

TEST_CASE("the numbers of what is read tell the order of what is not; else the clock guesses") {
    const auto sorted = [](std::vector<Generation> unread, const std::vector<Generation>& done) {
        sort_unread(unread, done);
        return names(unread);
    };
    const auto log = generation("a.log", 9, 1, 0);
    const auto one = generation("a.log.1", 1, 1, 10);
    const auto two = generation("a.log.2", 2, 1, 20);
    const auto three = generation("a.log.3", 3, 1, 30);
    CHECK(sorted({log, one, two, three}, {}) == Names{"a.log.1", "a.log.2", "a.log.3", "a.log"});
    CHECK(sorted({log, one, two}, {three}) == Names{"a.log.2", "a.log.1", "a.log"});
    CHECK(sorted({log, three, two}, {one}) == Names{"a.log.2", "a.log.3", "a.log"});
    CHECK(sorted({log, three, one}, {two}) == Names{"a.log.1", "a.log.3", "a.log"});
    CHECK(sorted({three, one}, {log}) == Names{"a.log.1", "a.log.3"});
    const auto dated = generation("a.log-20260101", 4, 1, 15);
    CHECK(sorted({two, dated, one}, {three}) == Names{"a.log.1", "a.log-20260101", "a.log.2"});
}

TEST_CASE("a list of what is finished is bounded, and read as it was written") {
    Finished finished;
    for (std::uint64_t i = 0; i < 5; ++i)
        finished.add({i, Fingerprint::of(std::to_string(i)), i == 3 ? FinishedFile::all : i * 100});
    const auto line = encode_finished(finished, 17, 4096);
    const auto read = decode_finished(line);
    REQUIRE(read);
    CHECK(read->turn == 17);
    CHECK(read->finished == finished);

    const auto some = decode_finished(encode_finished(finished, 18, 200));
    REQUIRE(some);
    CHECK(some->finished.is_cut());
    CHECK(some->finished.files().size() < 5);
    CHECK(some->finished.files().back() == finished.files().back());

    for (std::size_t at = 0; at + 1 < line.size(); ++at) {
        auto damaged = line;
        damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
        CHECK_FALSE(decode_finished(damaged));
    }

    finished.keep_only(std::vector{generation("a.log.1", 1, 1)});
    CHECK(finished.files().empty());
    for (std::uint64_t i = 0; i < Finished::most + 9; ++i) finished.add({i, {}, 1});
    CHECK(finished.files().size() == Finished::most);
}
