// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

using namespace cmw::base;
using namespace std::chrono_literals;

TEST_CASE("durations are read as they are written") {
    const std::vector<std::pair<std::string, std::optional<Nanoseconds>>> table{
        {"250ms", 250ms},
        {"30s", 30s},
        {"5m", 5min},
        {"1h30m", 90min},
        {"2d", 48h},
        {"0", 0ns},
        {"0s", 0ns},
        {"1us", 1us},
        {"7ns", 7ns},
        {"", std::nullopt},
        {"s", std::nullopt},
        {"5", std::nullopt},
        {"-5s", std::nullopt},
        {"5 s", std::nullopt},
        {"5x", std::nullopt},
        {"30m1h", std::nullopt},
        {"1s1s", std::nullopt},
        {"1.5s", std::nullopt},
        {"99999999999999h", std::nullopt},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(parse_duration(text) == expected);
        if (expected) CHECK(parse_duration(format_duration(*expected)) == expected);
    }
}

TEST_CASE("sizes are read as they are written") {
    const std::vector<std::pair<std::string, std::optional<std::int64_t>>> table{
        {"64KiB", 65536},
        {"1MiB", 1 << 20},
        {"512B", 512},
        {"0", 0},
        {"2GB", 2'000'000'000},
        {"5", std::nullopt},
        {"KiB", std::nullopt},
        {"1 MiB", std::nullopt},
        {"-1B", std::nullopt},
        {"1mib", std::nullopt},
        {"9999999TiB", std::nullopt},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(parse_size(text) == expected);
    }
}

TEST_CASE("the nearest name is found, and none where none is near") {
    const std::vector<std::string> known{"path", "keep", "max-size", "plugin"};
    CHECK(nearest("pth", known) == "path");
    CHECK(nearest("maxsize", known) == "max-size");
    CHECK(nearest("plguin", known) == "plugin");
    CHECK(nearest("colour", known).empty());
}

TEST_CASE("templates expand known names and report others") {
    std::string unknown;
    CHECK(expand("{a}-{b}.log", {{"a", "x"}, {"b", "y"}}) == "x-y.log");
    CHECK(expand("plain", {}) == "plain");
    CHECK_FALSE(expand("{c}", {{"a", "x"}}, &unknown));
    CHECK(unknown == "c");
    CHECK_FALSE(expand("{a", {{"a", "x"}}));
}
