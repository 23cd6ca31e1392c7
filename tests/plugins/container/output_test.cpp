// SPDX-License-Identifier: Apache-2.0
//
// A log on its way into files, by hosts that are killed at any instant.
#include "output.hpp"

#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cmw::container;
using cmw::test::read_text;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

namespace {

struct Line {
    std::int64_t time;
    std::string text;
    bool error = false;
};

/// Nine lines of three seconds, as Podman tells the times.
std::vector<Line> log() {
    std::vector<Line> lines;
    for (int i = 0; i < 9; ++i)
        lines.push_back({(1 + i / 3) * 1'000'000'000LL, "line " + std::to_string(i) + "\n"});
    return lines;
}

std::string text_of(const std::vector<Line>& lines) {
    std::string text;
    for (const auto& line : lines) text += line.text;
    return text;
}

struct Files {
    TemporaryFolder folder;
    std::string output = folder / "out";
    std::string record = folder / "record";
    Output make(const std::string& container = "c1") const {
        return Output({output, output}, record, container);
    }
};

/// What an engine sends that is asked from there on, the first `count` lines of the log.
void feed(Output& output, const std::vector<Line>& lines, std::size_t count) {
    output.begin();
    for (std::size_t i = 0; i < count; ++i)
        if (lines[i].time >= output.since() * 1'000'000'000)
            output.take({lines[i].error, lines[i].time, lines[i].text});
    output.flush();
}

} // namespace

TEST_CASE("a host that comes later goes on where the one before was") {
    const auto lines = log();
    for (std::size_t first = 0; first <= lines.size(); ++first) {
        INFO(first);
        const Files files;
        auto before = files.make();
        feed(before, lines, first);
        auto after = files.make();
        feed(after, lines, lines.size());
        CHECK(read_text(files.output) == text_of(lines));
    }
}

TEST_CASE("a host that is killed before it kept its position repeats nothing") {
    const auto lines = log();
    for (std::size_t first = 0; first <= lines.size(); ++first) {
        const auto written =
            text_of({lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end()});
        for (std::size_t cut = 0; cut <= written.size(); ++cut) {
            const Files files;
            auto before = files.make();
            feed(before, lines, first);
            std::ofstream(files.output, std::ios::app) << written.substr(0, cut);
            auto next = files.make(); // Killed as well, when it had come a bit further.
            feed(next, lines, std::min(first + 1, lines.size()));
            auto after = files.make();
            feed(after, lines, lines.size());
            INFO(first);
            INFO(cut);
            REQUIRE(read_text(files.output) == text_of(lines));
        }
    }
}

TEST_CASE("another container begins anew") {
    const auto lines = log();
    const Files files;
    auto first = files.make("c1");
    feed(first, lines, 2);
    auto second = files.make("c2");
    feed(second, lines, 2);
    CHECK(read_text(files.output) == "line 0\nline 1\nline 0\nline 1\n");
}

TEST_CASE("a record that is torn costs a repetition, not output") {
    const auto lines = log();
    const Files files;
    auto first = files.make();
    feed(first, lines, 2);
    write_text(files.record, read_text(files.record).substr(0, 40));
    auto second = files.make();
    feed(second, lines, 3);
    CHECK(read_text(files.output).ends_with("line 0\nline 1\nline 2\n"));
}

TEST_CASE("a file that is moved away is made anew, a truncated one goes on") {
    const auto lines = log();
    const Files files;
    auto output = files.make();
    output.begin();
    output.take({false, lines[0].time, lines[0].text});
    output.flush();
    std::filesystem::rename(files.output, files.folder / "out.1");
    output.take({false, lines[1].time, lines[1].text});
    output.flush();
    CHECK(read_text(files.folder / "out.1") == "line 0\n");
    CHECK(read_text(files.output) == "line 1\n");
    std::filesystem::resize_file(files.output, 0);
    output.take({false, lines[2].time, lines[2].text});
    output.flush();
    CHECK(read_text(files.output) == "line 2\n");
    auto later = files.make();
    feed(later, lines, 4);
    CHECK(read_text(files.output) == "line 2\nline 3\n");
}

TEST_CASE("streams go to files of their own, or nowhere") {
    const Files files;
    const auto errors = files.folder / "err";
    Output both({files.output, errors}, files.record, "c1");
    both.begin();
    both.take({false, 1, "out\n"});
    both.take({true, 2, "err\n"});
    both.flush();
    CHECK(read_text(files.output) == "out\n");
    CHECK(read_text(errors) == "err\n");
    Output one({"", errors}, files.record, "c2");
    one.begin();
    one.take({false, 1, "out\n"});
    one.take({true, 2, "err\n"});
    one.flush();
    CHECK(read_text(files.output) == "out\n");
    CHECK(read_text(errors) == "err\nerr\n");
}

TEST_CASE("a file that cannot be written to is told, and tried again") {
    const auto lines = log();
    const Files files;
    std::filesystem::create_directory(files.output);
    auto output = files.make();
    CHECK_THROWS_AS(feed(output, lines, 2), std::system_error);
    std::filesystem::remove(files.output);
    feed(output, lines, 2);
    CHECK(read_text(files.output) == "line 0\nline 1\n");
    // Full: what did not go in is not kept as if it had.
    Output full({"/dev/full", "/dev/full"}, files.record, "c3");
    full.begin();
    full.take({false, 1, "lost?\n"});
    CHECK_THROWS_AS(full.flush(), std::system_error);
    CHECK(full.position().count == 0);
}
