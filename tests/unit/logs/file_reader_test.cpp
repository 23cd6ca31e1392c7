// SPDX-License-Identifier: Apache-2.0
#include "logs/file_reader.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>
#include <filesystem>

using namespace cmw::logs;
namespace fs = std::filesystem;

namespace {

void append(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

/// A reader and what it said.
struct Follower {
    explicit Follower(std::string path, std::optional<Cursor> start = std::nullopt,
                      std::optional<Finished> finished = std::nullopt)
        : reader(std::move(path), start, std::move(finished),
                 [this](std::uint32_t, const std::string& line) { said.push_back(line); }) {}

    /// All that is there now; "|" where one file ends and the next begins.
    std::string read() {
        std::string all;
        std::array<char, 7> buffer{};
        while (true) {
            const auto got = reader.read(buffer);
            REQUIRE(got);
            if (got->state == FileReader::State::nothing) return all;
            all.append(buffer.data(), got->size);
            if (got->state == FileReader::State::over) {
                REQUIRE(reader.advance());
                all += '|';
            }
        }
    }

    std::vector<std::string> said;
    FileReader reader;
};

} // namespace

TEST_CASE("a file is read from its start, as it comes to be and grows") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    Follower follower(path);
    CHECK(follower.read().empty());
    append(path, "");
    CHECK(follower.read().empty());
    append(path, "one\ntwo\n");
    CHECK(follower.read() == "one\ntwo\n");
    append(path, "three");
    CHECK(follower.read() == "three");
}

TEST_CASE("flaw 25: reading goes on after a rotation by rename") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\n");
    Follower follower(path);
    CHECK(follower.read() == "one\n");
    fs::rename(path, folder / "a.log.1");
    append(folder / "a.log.1", "two\n"); // Its writer has not noticed yet.
    CHECK(follower.read() == "two\n");
    append(path, "");
    append(folder / "a.log.1", "three\n");
    CHECK(follower.read() == "three\n");
    append(folder / "a.log.1", "four");
    append(path, "five\n");
    CHECK(follower.read() == "four|five\n");
    CHECK(follower.reader.before() == 18);
}

TEST_CASE("generations that came between two looks are read in order") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "0\n");
    Follower follower(path);
    CHECK(follower.read() == "0\n");
    std::string expected;
    for (int n = 1; n <= 7; ++n) {
        for (int i = 8; i > 0; --i) {
            const auto from = i == 1 ? path : path + "." + std::to_string(i - 1);
            if (fs::exists(from)) fs::rename(from, path + "." + std::to_string(i));
        }
        append(path, std::to_string(n) + "\n");
        expected += "|" + std::to_string(n) + "\n";
    }
    CHECK(follower.read() == expected);
}

TEST_CASE("a file that was deleted while open is read to its end, and then the new one") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\n");
    std::ofstream writer(path, std::ios::app);
    Follower follower(path);
    CHECK(follower.read() == "one\n");
    fs::remove(path);
    writer << "two\n" << std::flush;
    CHECK(follower.read() == "two\n");
    append(path, "three\n");
    CHECK(follower.read() == "|three\n");
}

TEST_CASE("a truncated or rewritten file is read from its start") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\ntwo\n");
    Follower follower(path);
    CHECK(follower.read() == "one\ntwo\n");
    SUBCASE("to nothing") {
        fs::resize_file(path, 0);
        CHECK(follower.read() == "|");
    }
    SUBCASE("and shorter") {
        fs::resize_file(path, 0);
        append(path, "new\n");
        CHECK(follower.read() == "|new\n");
    }
    SUBCASE("and longer than it was before anyone looked") {
        fs::resize_file(path, 0);
        append(path, "something else\n");
        CHECK(follower.read() == "|something else\n");
    }
    CHECK(follower.reader.before() == 8);
}

namespace {

/// As logrotate does it with copytruncate.
void copy_and_truncate(const std::string& path, const std::string& copy) {
    fs::copy_file(path, copy);
    fs::resize_file(path, 0);
}

} // namespace

TEST_CASE("a file that was copied and truncated is read on in its copy, and then from its start") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\ntw");
    Follower follower(path);
    CHECK(follower.read() == "one\ntw");
    SUBCASE("its copy has more") {
        append(path, "o\n");
        copy_and_truncate(path, path + ".1");
        append(path, "three\n");
        CHECK(follower.read() == "o\n|three\n");
        CHECK(follower.reader.before() == 8);
        REQUIRE(follower.said.size() == 1);
        CHECK(follower.said[0].find("read on at byte 6 of its copy, a.log.1") != std::string::npos);
    }
    SUBCASE("its copy has no more") {
        copy_and_truncate(path, path + ".1");
        CHECK(follower.read().empty());
        append(path, "three\n");
        CHECK(follower.read() == "|three\n");
    }
    SUBCASE("what came between copy and truncation was read") {
        fs::copy_file(path, path + ".1");
        append(path, "o\n");
        CHECK(follower.read() == "o\n");
        fs::resize_file(path, 0);
        append(path, "three\n");
        CHECK(follower.read() == "|three\n");
    }
    SUBCASE("several times between two looks") {
        append(path, "o\n");
        copy_and_truncate(path, path + ".1");
        for (const auto* text : {"three\n", "four\n"}) {
            append(path, text);
            fs::rename(path + ".1", path + (text[0] == 't' ? ".3" : ".2"));
            copy_and_truncate(path, path + ".1");
        }
        append(path, "five\n");
        CHECK(follower.read() == "o\n|three\n|four\n|five\n");
    }
    SUBCASE("a copy of what is not truncated yet does not come twice") {
        append(path, "o\n");
        copy_and_truncate(path, path + ".2");
        append(path, "three\n");
        fs::copy_file(path, path + ".1");
        CHECK(follower.read() == "o\n|three\n");
        fs::resize_file(path, 0);
        append(path, "four\n");
        CHECK(follower.read() == "|four\n");
    }
    SUBCASE("an older generation that begins the same is not its copy") {
        append(path + ".1", "one\ntx\nfour\n");
        CHECK(follower.read().empty()); // It came beside the log.
        fs::resize_file(path, 0);
        append(path, "x\n");
        CHECK(follower.read() == "|x\n");
    }
    SUBCASE("a file that was read is none of its copies") {
        append(path, "o\n");
        CHECK(follower.read() == "o\n");
        fs::rename(path, path + ".1");
        append(path, "one\ntw");
        CHECK(follower.read() == "|one\ntw");
        fs::resize_file(path, 0);
        append(path, "x\n");
        CHECK(follower.read() == "|x\n");
    }
}

TEST_CASE("a restart goes on at the cursor, whatever the file is called by now") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\ntwo\n");
    Follower before(path);
    CHECK(before.read() == "one\ntwo\n");
    const auto cursor = before.reader.cursor_at(4);
    SUBCASE("nothing happened") {
        CHECK(Follower(path, cursor).read() == "two\n");
    }
    SUBCASE("it was rotated") {
        fs::rename(path, folder / "a.log.1");
        append(path, "three\n");
        Follower after(path, cursor);
        CHECK(after.read() == "two\n|three\n");
        CHECK(after.reader.before() == 8);
    }
    SUBCASE("it was rotated, and there is no new one yet") {
        fs::rename(path, folder / "a.log.1");
        CHECK(Follower(path, cursor).read() == "two\n");
    }
    SUBCASE("it was rotated and is gone: what is newer is read, and the gap reported") {
        fs::rename(path, folder / "a.log.2");
        append(folder / "a.log.1", "three\n");
        append(path, "four\n");
        fs::remove(folder / "a.log.2");
        Follower after(path, cursor);
        CHECK(after.read() == "three\n|four\n");
        REQUIRE(after.said.size() == 1);
        CHECK(after.said[0].starts_with("cannot find the file"));
    }
    SUBCASE("it was truncated") {
        fs::resize_file(path, 0);
        append(path, "x\n");
        Follower after(path, cursor);
        CHECK(after.read() == "x\n");
        CHECK(after.reader.before() == 4);
    }
    SUBCASE("it was copied and truncated") {
        append(path, "three\n");
        copy_and_truncate(path, path + ".1");
        append(path, "x\n");
        Follower after(path, cursor);
        CHECK(after.read() == "two\nthree\n|x\n");
        CHECK(after.reader.before() == 14);
    }
    SUBCASE("it was copied and truncated, and has grown longer since") {
        copy_and_truncate(path, path + ".1");
        append(path, "three and more\n");
        CHECK(Follower(path, cursor).read() == "two\n|three and more\n");
    }
    SUBCASE("its inode has a file with other first bytes now") {
        std::ofstream(path, std::ios::trunc) << "another file\n";
        CHECK(Follower(path, cursor).read() == "another file\n");
    }
    SUBCASE("all is gone, and comes later") {
        fs::remove(path);
        Follower after(path, cursor);
        CHECK(after.read().empty());
        append(path, "five\n");
        CHECK(after.read() == "five\n");
    }
}

TEST_CASE("a log that cannot be read is a problem that names it, and passes") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\n");
    Follower follower(path);
    std::array<char, 16> buffer{};
    cmw::base::sys::set_fault_plan([](cmw::base::sys::Call call, std::string_view) {
        return call == cmw::base::sys::Call::open ? EACCES : 0;
    });
    const auto refused = follower.reader.read(buffer);
    cmw::base::sys::set_fault_plan({});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where == path);
    CHECK(follower.read() == "one\n");

    fs::remove(path);
    fs::create_directory(path);
    Follower folder_reader(path);
    CHECK_FALSE(folder_reader.reader.read(buffer));
}

TEST_CASE("a hole is jumped over, and one at the end is waited at") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    append(path, "one\n");
    fs::resize_file(path, 1 << 20);
    if (cmw::base::sys::stat(path).value().st_blocks * 512 >= (1 << 20)) return; // No holes here.
    Follower follower(path);
    const auto head = follower.read();
    CHECK(head.starts_with("one\n"));
    CHECK(head.find_first_not_of('\0', 4) == std::string::npos);
    CHECK(head.size() <= 64 * 1024); // Of the block that has data.
    append(path, "two\n");
    const auto rest = follower.read();
    CHECK(rest.starts_with('|'));
    CHECK(rest.ends_with("two\n"));
    CHECK(follower.reader.offset() == (1 << 20) + 4);
    CHECK(follower.reader.take_freed() > 900'000);
    CHECK(follower.reader.take_freed() == 0);
}

TEST_CASE("what was freed is counted to the byte, blocks that were freed in part included") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "a.log";
    auto line = std::string(100, 'x');
    line.back() = '\n';
    for (int i = 0; i < 400; ++i) append(path, line);
    const auto file = cmw::base::sys::open(path, O_RDWR);
    if (!cmw::base::sys::punch_hole(file->get(), 5000, 25'000)) return; // No holes here.
    Follower follower(path);
    auto all = follower.read();
    std::erase(all, '\0');
    std::erase(all, '|');
    CHECK(all.size() == 15'000);
    CHECK(follower.reader.take_freed() == 25'000);
}
