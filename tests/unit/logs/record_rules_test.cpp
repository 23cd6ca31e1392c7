// SPDX-License-Identifier: Apache-2.0
#include "logs/record_rules.hpp"

#include "logs/level.hpp"

#include <cmw/abi/plugin.h>

using namespace cmw::logs;

namespace {

TextRules rules(const std::vector<std::string>& patterns, bool replace_invalid = false) {
    std::vector<cmw::base::Pattern> compiled;
    for (const auto& one : patterns) compiled.push_back(cmw::base::Pattern::compile(one).value());
    return {std::move(compiled), replace_invalid};
}

} // namespace

TEST_CASE("what a pattern describes is redacted") {
    struct Case {
        std::vector<std::string> patterns;
        std::string text;
        std::size_t limit;
        std::optional<std::string> expected;
    };
    const std::vector<Case> table{
        {{"secret"}, "nothing here", 100, std::nullopt},
        {{"secret"}, "a secret and a secret", 100, "a [redacted] and a [redacted]"},
        {{"password=(\\S+)"}, "password=x1 y", 100, "password=[redacted] y"},
        {{"(?i)token: *(\\w+)", "[0-9]{16}"},
         "Token: abc 1234567812345678",
         100,
         "Token: [redacted] [redacted]"},
        {{"a"}, "aaaa", 20, "****"},        // A text does not become longer than it may be.
        {{"x*"}, "abc", 100, std::nullopt}, // Matches nothing at all, everywhere.
        {{"key (.*)"}, "key \xff\xfe\n more", 100, "key [redacted]\n more"},
        {{"(?s)BEGIN.*END"}, "BEGIN\nkey\nEND", 100, "[redacted]"},
        {{"redacted"}, "x redacted", 100, "x [redacted]"},
    };
    for (const auto& one : table) {
        CAPTURE(one.text);
        CHECK(rules(one.patterns).rewrite(one.text, false, false, one.limit) == one.expected);
    }
}

TEST_CASE("bytes that are no UTF-8 are replaced where the stream says so") {
    const std::string bad = "caf\xE9 \xF0\x9F\x98\x80 and a long tail\xFF";
    CHECK_FALSE(rules({}).rewrite(bad, false, false, 100));
    CHECK(rules({}, true).rewrite(bad, false, false, 100) ==
          "caf\xEF\xBF\xBD \xF0\x9F\x98\x80 and a long tail\xEF\xBF\xBD");
    CHECK(rules({}, true).rewrite(bad, false, false, bad.size()) ==
          "caf? \xF0\x9F\x98\x80 and a long tail?");
    CHECK_FALSE(rules({}, true).rewrite("caf\xC3\xA9 is valid, all of it", false, false, 100));
    CHECK(rules({}, true).rewrite("\xE2\x82", false, false, 100) ==
          "\xEF\xBF\xBD\xEF\xBF\xBD"); // Cut off within a code point.
}

TEST_CASE("what was cut is marked, where there is room for the marks") {
    const TextRules none;
    CHECK(none.rewrite("abc", false, true, 100) == "abc [continues]");
    CHECK(none.rewrite("abc", true, true, 100) == "[continued] abc [continues]");
    CHECK(none.rewrite("abc", true, false, 100) == "[continued] abc");
    CHECK_FALSE(none.rewrite("abc", true, true, 10));
    CHECK(rules({"b"}).rewrite("abc", true, false, 100) == "[continued] a[redacted]c");
}

TEST_CASE("a cut does not go through what is to be redacted") {
    const auto secret = rules({"key=[a-z]+"});
    const auto limit = std::size_t{1000};
    for (std::size_t before = 700; before < 800; ++before) {
        CAPTURE(before);
        const auto text = std::string(before, '.') + "key=abcdefghij" + std::string(600, '.');
        const auto cut = secret.cut(text, limit);
        REQUIRE(cut > 0);
        CHECK(cut <= limit);
        CHECK((cut <= before || cut >= before + 14));
    }
    CHECK(secret.cut("key=" + std::string(2000, 'a'), limit) > 0); // Longer than anything: goes on.
}

TEST_CASE("text is cut between code points where there are any") {
    CHECK(utf8_cut("abc", 5) == 3);
    CHECK(utf8_cut("abc", 2) == 2);
    CHECK(utf8_cut("a\xC3\xA4", 2) == 1);
    CHECK(utf8_cut("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 7) == 4);
    CHECK(utf8_cut("\x80\x80\x80\x80\x80\x80", 5) == 5);
}

TEST_CASE("the level of a line is found where programs write it") {
    using Level = std::optional<std::uint32_t>;
    const std::vector<std::pair<std::string, Level>> table{
        {"INFO 2021/11/17 22:26:21 started", CMW_LEVEL_INFO},
        {"2021-11-17 22:26:21.123  WARN tokio-runtime-worker sc_x: no peers", CMW_LEVEL_WARN},
        {"2021-11-17 22:26:21 [ERROR] down", CMW_LEVEL_ERROR},
        {"2021-11-17 22:26:21 main WARNING: low", CMW_LEVEL_WARN},
        {"CRITICAL failure", CMW_LEVEL_FATAL},
        {R"({"time":"2021-11-17T22:26:21Z","level":"error","msg":"x"})", CMW_LEVEL_ERROR},
        {R"(time=2021-11-17T22:26:21Z lvl=debug msg=x)", CMW_LEVEL_DEBUG},
        {"level: Trace", CMW_LEVEL_TRACE},
        {"an error occurred", std::nullopt},
        {"INFORMATION", std::nullopt},
        {"one two three four five six ERROR", std::nullopt},
        {"text\nERROR in a later line", std::nullopt},
        {"level of water", std::nullopt},
        {"level=", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& [line, level] : table) {
        CAPTURE(line);
        CHECK(find_level(line) == level);
    }
}
