// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.hpp"

using cmw::base::Pattern;

TEST_CASE("a pattern is found in text of any bytes") {
    const auto pattern = Pattern::compile("b(c*)").value();
    const auto match = pattern.search("a\xff\x00"
                                      "bccd");
    CHECK_FALSE(match); // The text of a C string ends at its NUL.
    const std::string text("a\xff\0bccd", 7);
    const auto found = pattern.search(text);
    REQUIRE(found);
    CHECK(found->begin == 3);
    CHECK(found->end == 6);
    CHECK(found->group_begin == 4);
    CHECK(found->group_end == 6);
    CHECK_FALSE(pattern.search(text, 4));
    CHECK(pattern.begins("bc"));
    CHECK_FALSE(pattern.begins("abc"));
    // A group that took no part: all of the match.
    const auto either = Pattern::compile("x|(y)").value().search("x");
    REQUIRE(either);
    CHECK(either->group_end == 1);
}

TEST_CASE("a pattern that backtracking would not survive takes linear time") {
    const auto pattern = Pattern::compile("(x+x+)+y").value();
    CHECK_FALSE(pattern.search(std::string(1'000'000, 'x')));
    const auto dots = Pattern::compile(".*=.*").value();
    CHECK(dots.begins(std::string(1'000'000, 'x') + "="));
}

TEST_CASE("an expression that RE2 does not know is refused in words") {
    for (const char* bad : {"(a", "a{2000}", "(?=a)", "(a)\\1", "[z-a]"}) {
        CAPTURE(bad);
        const auto parsed = Pattern::compile(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().what.starts_with("cannot use"));
    }
}
