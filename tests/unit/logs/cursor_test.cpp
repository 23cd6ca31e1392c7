// SPDX-License-Identifier: Apache-2.0
#include "logs/cursor.hpp"

#include "support/temporary_folder.hpp"

using namespace cmw::logs;
using cmw::test::read_text;
using cmw::test::write_text;

namespace {

Cursor example(std::uint64_t offset) {
    return {4711, Fingerprint::of("INFO first line"), offset, 1'000'000, 1'760'000'000'123'456'789};
}

} // namespace

TEST_CASE("a cursor is read as it was saved, over restarts") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "cmix.cloud";
    {
        auto file = CursorFile::open(path).value();
        CHECK_FALSE(file.cursor());
        for (const std::uint64_t offset : {1u, 2u, 3u}) CHECK(file.save(example(offset)));
        CHECK(file.sync());
    }
    CHECK(CursorFile::open(path).value().cursor() == example(3));
    CHECK(read_text(path).size() == 2 * CursorFile::slot_size);
}

TEST_CASE("the list of finished files is in the cursor's file, and an older file has none") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "cmix.cloud";
    CHECK(CursorFile::open(path).value().save(example(1)));
    CHECK_FALSE(CursorFile::open(path).value().finished());

    Finished finished;
    for (std::uint64_t i = 0; i < 3; ++i) {
        finished.add({i, Fingerprint::of("first"), 100 * i});
        CHECK(CursorFile::open(path).value().save(finished));
        CHECK(CursorFile::open(path).value().finished() == finished);
    }
    CHECK(CursorFile::open(path).value().cursor() == example(1));

    // A write that is cut off leaves the list before.
    auto text = read_text(path);
    const auto newest = text.find("turn=3");
    text.replace(newest, 6, "turn=9");
    finished.remove(2);
    CHECK(decode_finished_file(text)->finished == finished);

    for (std::uint64_t i = 0; i < 2000; ++i)
        finished.add({~i, Fingerprint::of(std::to_string(i)), FinishedFile::all});
    CHECK(CursorFile::open(path).value().save(finished));
    const auto cut = CursorFile::open(path).value().finished();
    REQUIRE(cut);
    CHECK(cut->is_cut());
    CHECK(cut->files().size() > 100);
    CHECK(cut->files().back() == finished.files().back());
    CHECK(read_text(path).size() <= CursorFile::lists_at + 2 * CursorFile::list_size);
}

TEST_CASE("a cursor file that was cut off or damaged gives the slot before") {
    const cmw::test::TemporaryFolder folder;
    const auto path = folder / "cmix.cloud";
    auto file = CursorFile::open(path).value();
    CHECK(file.save(example(1))); // The second slot.
    CHECK(file.save(example(2))); // The first one.
    const auto whole = read_text(path);
    for (std::size_t at = 0; at < CursorFile::slot_size - 40; ++at) {
        CAPTURE(at);
        auto damaged = whole;
        damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
        const auto found = decode_cursor_file(damaged);
        REQUIRE(found);
        // Blanks after the checksum do not count.
        CHECK((found->cursor == example(1) || whole[at] == ' '));
    }
    CHECK(decode_cursor_file(whole.substr(0, 300))->cursor == example(2));
    CHECK_FALSE(decode_cursor_file(whole.substr(0, 100)));
    CHECK_FALSE(decode_cursor_file(""));
    CHECK_FALSE(decode_cursor_file(std::string(512, '\0')));
}

TEST_CASE("numbers as large as can be fit into a slot") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    const Cursor cursor{
        most, {Fingerprint::most, most}, most, most, std::numeric_limits<std::int64_t>::min()};
    const auto line = encode_cursor(cursor, most);
    CHECK(line.size() == CursorFile::slot_size);
    const auto read = decode_cursor(line);
    REQUIRE(read);
    CHECK(read->cursor == cursor);
    CHECK(read->turn == most);
}
