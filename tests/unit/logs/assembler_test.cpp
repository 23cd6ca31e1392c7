// SPDX-License-Identifier: Apache-2.0
#include "logs/assembler.hpp"

#include <cmw/abi/plugin.h>

using namespace cmw::logs;

namespace {

using Texts = std::vector<std::string>;

RecordRules rule(const std::string& text) {
    RecordRules rules;
    rules.event = EventRule::parse(text).value();
    return rules;
}

/// The records of `bytes` when they come in chunks of `chunk`; the sizes must add up.
Texts assemble(const RecordRules& event, std::string_view bytes, std::size_t record_bytes,
               std::size_t chunk, Following last) {
    Assembler assembler(event, record_bytes);
    Texts texts;
    std::size_t begin = 0;
    for (std::size_t shown = 0; shown < bytes.size();) {
        shown = std::min(shown + chunk, bytes.size());
        const auto following = shown == bytes.size() ? last : Following::more;
        for (const auto passing : {Following::more, following}) {
            while (const auto record =
                       assembler.next(bytes.substr(begin, shown - begin), passing)) {
                REQUIRE(record->size > 0);
                texts.emplace_back(record->text);
                begin += record->size;
            }
        }
    }
    if (last == Following::nothing) CHECK(begin == bytes.size());
    return texts;
}

} // namespace

TEST_CASE("lines make records, however they come") {
    struct Case {
        std::string event, bytes;
        std::size_t record_bytes;
        Following last;
        Texts expected;
    };
    const std::string nuls("\0\0\0", 3);
    const std::vector<Case> table{
        {"line", "a\nb\n", 100, Following::more, {"a", "b"}},
        {"line", "a\nb", 100, Following::more, {"a"}},
        {"line", "a\nb", 100, Following::silence, {"a"}},
        {"line", "a\nb", 100, Following::nothing, {"a", "b"}},
        {"line", "a\r\nb\r\n", 100, Following::more, {"a", "b"}},
        {"line", "\n\na\n", 100, Following::more, {"", "", "a"}},
        {"line", "a\rb\n", 100, Following::more, {"a\rb"}},
        {"line", nuls + "a\n", 100, Following::more, {"a"}},
        {"level-word",
         "INFO a\n" + nuls + "WARN b\n",
         100,
         Following::silence,
         {"INFO a", "WARN b"}},
        {"line", "a" + nuls + "b\n", 100, Following::more, {"a" + nuls + "b"}},
        {"line", "abcdefgh\n", 4, Following::more, {"abcd", "efgh"}},
        {"line", "abcd\r\nx\n", 4, Following::more, {"abcd", "x"}},
        {"line", "abcde\n", 4, Following::more, {"abcd", "e"}},
        {"line", "abcd", 4, Following::nothing, {"abcd"}},
        {"level-word", "INFO a\n", 100, Following::more, {}},
        {"level-word", "INFO a\n", 100, Following::silence, {"INFO a"}},
        {"level-word", "INFO a\n b\nWARN c\n", 100, Following::silence, {"INFO a\n b", "WARN c"}},
        {"level-word", "x\ny\nERROR z\n", 100, Following::silence, {"x\ny", "ERROR z"}},
        {"level-word", "INFO a\npart", 100, Following::silence, {"INFO a"}},
        {"level-word", "INFO a\npart", 100, Following::nothing, {"INFO a\npart"}},
        {"level-word", "INFO a\nWARN b", 100, Following::nothing, {"INFO a", "WARN b"}},
        {"level-word", "INFORM\nINFO\n", 100, Following::silence, {"INFORM", "INFO"}},
        {"level-word", "INFO a\nbcd\nefg\n", 10, Following::nothing, {"INFO a\nbcd", "efg"}},
        {"^[0-9]+ ", "1 a\nb\n2 c\n", 100, Following::silence, {"1 a\nb", "2 c"}},
    };
    for (const auto& one : table) {
        for (const std::size_t chunk : {1u, 2u, 3u, 1000u}) {
            CAPTURE(one.event);
            CAPTURE(one.bytes);
            CAPTURE(chunk);
            CHECK(assemble(rule(one.event), one.bytes, one.record_bytes, chunk, one.last) ==
                  one.expected);
        }
    }
}

TEST_CASE(
    "flaw 27: a line over the limit is split by bytes between code points, and loses nothing") {
    std::string line;
    while (line.size() < 600'000) line += "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
    const auto texts = assemble(rule("line"), line + "\n", 262'144, 65'536, Following::more);
    CHECK(texts.size() == 3);
    std::string joined;
    for (const auto& text : texts) {
        CHECK_FALSE(text.empty());
        CHECK(text.size() <= 262'144);
        CHECK((static_cast<unsigned char>(text.front()) & 0xC0) != 0x80); // A whole code point.
        joined += text;
    }
    CHECK(joined == line);
}

TEST_CASE("flaw 28: bytes that are no UTF-8 stay as they are") {
    const std::string line(20, '\x80');
    const auto texts = assemble(rule("line"), line + "\n\xFF\xFE\n", 8, 5, Following::more);
    CHECK(texts == Texts{line.substr(0, 8), line.substr(8, 8), line.substr(16), "\xFF\xFE"});
}

TEST_CASE("a record has the level of its first word") {
    const auto levels = [](const std::string& event, std::string_view bytes,
                           std::size_t record_bytes) {
        const auto parsed = rule(event);
        Assembler assembler(parsed, record_bytes);
        std::vector<std::uint32_t> found;
        while (const auto record = assembler.next(bytes, Following::nothing)) {
            found.push_back(record->level);
            bytes.remove_prefix(record->size);
        }
        return found;
    };
    using Levels = std::vector<std::uint32_t>;
    CHECK(levels("line", "TRACE a\nDEBUG\nINFO: b\nWARN\tc\nERROR d\nFATAL e\nother\n", 100) ==
          Levels{CMW_LEVEL_TRACE, CMW_LEVEL_DEBUG, CMW_LEVEL_INFO, CMW_LEVEL_WARN, CMW_LEVEL_ERROR,
                 CMW_LEVEL_FATAL, CMW_LEVEL_INFO});
    // What is cut off goes on with the level of its start, even if it looks like another.
    CHECK(levels("line", "ERROR abINFO cd\n", 8) == Levels{CMW_LEVEL_ERROR, CMW_LEVEL_ERROR});
    CHECK(levels("level-word", "ERROR a\nbcdefg\n", 10) ==
          Levels{CMW_LEVEL_ERROR, CMW_LEVEL_ERROR});
}

TEST_CASE("a regular expression that is none is refused") {
    const auto parsed = EventRule::parse("(a");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().what.starts_with("cannot use \"(a\" as a regular expression"));
}

TEST_CASE("a record that was cut says so, and the one that it goes on in") {
    struct Case {
        std::string event, bytes;
        std::vector<std::pair<bool, bool>> expected; ///< continued, continues
    };
    const std::vector<Case> table{
        {"line", "abc\n", {{false, false}}},
        {"line", "abcdefgh\n", {{false, false}}},
        {"line", "abcdefghi\n", {{false, true}, {true, false}}},
        {"line",
         "abcdefghijklmnopqr\nx\n",
         {{false, true}, {true, true}, {true, false}, {false, false}}},
        {"level-word", "INFO a\nbc\n", {{false, true}, {true, false}}},
        {"level-word", "INFO a\nINFO bc\n", {{false, false}, {false, false}}},
        {"level-word", "INFO a\nINFO bcdefgh", {{false, false}, {false, true}, {true, false}}},
        {"line", std::string(9, '\0') + "a\n", {{false, false}, {false, false}}},
    };
    for (const auto& one : table) {
        CAPTURE(one.bytes);
        const auto rules = rule(one.event);
        Assembler assembler(rules, 8);
        std::string_view bytes = one.bytes;
        std::vector<std::pair<bool, bool>> found;
        while (const auto record = assembler.next(bytes, Following::nothing)) {
            found.emplace_back(record->continued, record->continues);
            bytes.remove_prefix(record->size);
        }
        CHECK(found == one.expected);
    }
}

TEST_CASE("room for the marks of a record that is cut is within its limit") {
    const auto rules = rule("line");
    Assembler assembler(rules, 256);
    const std::string line(1000, 'x');
    const auto record = assembler.next(line, Following::more);
    REQUIRE(record);
    CHECK(record->text.size() == 256 - continues_mark.size() - continued_mark.size());
}
