// SPDX-License-Identifier: Apache-2.0
#include "app/tail.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>

using namespace cmw;
using app::Tail;

namespace {

std::string last_of(const std::string& path, std::size_t count) {
    std::string text;
    Tail tail(path, [&](std::string_view part) { text += part; });
    const auto read = tail.last_lines(count, false);
    return read ? text : "problem";
}

void append(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::app) << text;
}

/// Follows a file; turns the loop until what came ends with `expected`.
struct Following {
    std::string text;
    Tail tail;
    std::unique_ptr<base::EventLoop> loop = std::move(*base::EventLoop::create());

    explicit Following(const std::string& path)
        : tail(path, [this](std::string_view part) { text += part; }) {
        REQUIRE(tail.last_lines(10, true));
        REQUIRE(tail.follow(*loop));
    }
    bool sees(const std::string& expected) {
        const auto limit = base::monotonic_now() + std::chrono::seconds(20);
        while (text != expected && base::monotonic_now() < limit)
            loop->run_once(std::chrono::seconds(1));
        CAPTURE(text);
        return text == expected;
    }
};

} // namespace

TEST_CASE("the last lines of a file are found from its end") {
    test::TemporaryFolder folder;
    const auto path = folder / "log";
    const std::vector<std::tuple<std::string, std::size_t, std::string>> table{
        {"", 3, ""},
        {"a\nb\nc\n", 2, "b\nc\n"},
        {"a\nb\nc", 2, "b\nc"},
        {"a\nb\nc\n", 9, "a\nb\nc\n"},
        {"a\nb\n", 0, ""},
        {"\n\n\n", 2, "\n\n"},
        {std::string(500, '\0') + "b\nc\n", 9, "b\nc\n"},
    };
    for (const auto& [content, count, expected] : table) {
        test::write_text(path, content);
        CHECK(last_of(path, count) == expected);
    }
    // Longer than what is read at once.
    const auto line = std::string(100'000, 'x') + "\n";
    test::write_text(path, line + line + line);
    CHECK(last_of(path, 2) == line + line);
    CHECK(last_of(folder / "none", 2) == "problem");
}

TEST_CASE("a followed file may grow, be rotated, be truncated and come later") {
    test::TemporaryFolder folder;
    const auto path = folder / "log";
    Following following(path);
    CHECK(following.sees(""));
    append(path, "one\n");
    CHECK(following.sees("one\n"));
    append(path, "two\n");
    CHECK(following.sees("one\ntwo\n"));
    append(path, "three\n");
    REQUIRE(base::sys::rename(path, path + ".1"));
    append(path, "four\n");
    CHECK(following.sees("one\ntwo\nthree\nfour\n"));
    append(path, "five\n");
    CHECK(following.sees("one\ntwo\nthree\nfour\nfive\n"));
    test::write_text(path, "");
    append(path, "six\n");
    CHECK(following.sees("one\ntwo\nthree\nfour\nfive\nsix\n"));
}
