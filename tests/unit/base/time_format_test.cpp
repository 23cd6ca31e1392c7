// SPDX-License-Identifier: Apache-2.0
#include "base/time_format.hpp"

#include <cstdlib>
#include <ctime>

using namespace cmw::base;

namespace {

/// The time in `line`, in UTC with all digits; "" if there is none.
std::string found(const std::string& format, std::string_view line) {
    auto parsed = TimeFormat::parse(format);
    REQUIRE(parsed);
    const UnixTime now(std::chrono::seconds(1'767'225'600)); // 2026-01-01T00:00:00Z
    const auto time = parsed->find(line, now);
    return time ? to_rfc3339(*time, 9) : "";
}

/// The machine's zone, for a while.
class Zone {
  public:
    explicit Zone(const char* zone) {
        if (const char* old = std::getenv("TZ")) before_ = old;
        set(zone);
    }
    ~Zone() { before_ ? set(before_->c_str()) : (void)::unsetenv("TZ"), ::tzset(); }
    Zone(const Zone&) = delete;
    Zone& operator=(const Zone&) = delete;

  private:
    static void set(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    std::optional<std::string> before_;
};

} // namespace

TEST_CASE("the time in a line is read by its format") {
    const Zone utc("UTC0");
    struct Case {
        std::string_view format, line, expected;
    };
    const std::vector<Case> table{
        {"rfc3339", "2021-11-17T22:26:21Z x", "2021-11-17T22:26:21.000000000Z"},
        {"rfc3339", "2021-11-17 22:26:21.5+01:00", "2021-11-17T21:26:21.500000000Z"},
        {"rfc3339", "2021-11-17t22:26:21,123456789z", "2021-11-17T22:26:21.123456789Z"},
        {"rfc3339", R"({"ts":"2021-11-17T22:26:21.1-0230"})", "2021-11-18T00:56:21.100000000Z"},
        {"rfc3339", "2021-11-17T22:26:60Z", "2021-11-17T22:26:59.000000000Z"},
        {"rfc3339", "2021-11-17T22:26:21", ""}, // No zone.
        {"rfc3339", "2021-02-29T22:26:21Z", ""},
        {"rfc3339", "2021-11-17T24:26:21Z", ""},
        {"rfc3339", "9999-11-17T22:26:21Z", ""}, // More than nanoseconds can say.
        {"rfc3339", "1969-12-31T23:59:59Z", ""},
        {"rfc3339", "x2021-11-17T22:26:21Z", ""}, // Within a word.
        {"epoch", "1637187981 x", "2021-11-17T22:26:21.000000000Z"},
        {"epoch", "t=1637187981.25", "2021-11-17T22:26:21.250000000Z"},
        {"epoch", "[1637187981123]", "2021-11-17T22:26:21.123000000Z"},
        {"epoch", "1637187981123456", "2021-11-17T22:26:21.123456000Z"},
        {"epoch", "1637187981123456789", "2021-11-17T22:26:21.123456789Z"},
        {"epoch", "12345 1637187981", "2021-11-17T22:26:21.000000000Z"},
        {"epoch", "16371879811 x", ""},
        {"epoch", "9999999999999999999", ""},
        {"epoch", "9910798918798119", ""}, // More than nanoseconds can say.
        {"epoch", "9910798918798", ""},
        {"epoch", "9910798918.5", ""},
        {"epoch", "1637187981abc", ""},
        {"cmix", "INFO 2021/11/17 22:26:21.123456 started", "2021-11-17T22:26:21.123456000Z"},
        {"cmix", "INFO 2021/11/17 22:26:21 started", "2021-11-17T22:26:21.000000000Z"},
        {"cmix", "INFO 2021-11-17 22:26:21 started", ""},
        {"substrate", "2021-11-17 22:26:21 Idle", "2021-11-17T22:26:21.000000000Z"},
        {"substrate", "\x1b[2m2021-11-17 22:26:21.5\x1b[0m  INFO x", ""}, // In a word: "2m2021".
        {"substrate", "[2021-11-17 22:26:21.567  INFO x", "2021-11-17T22:26:21.567000000Z"},
        {"%d.%m.%Y %H:%M", "am 17.11.2021 22:26 x", "2021-11-17T22:26:00.000000000Z"},
        {"%b %e %T", "Dec  3 22:26:21 host x", "2025-12-03T22:26:21.000000000Z"},
        {"%b %e %T", "Jan  1 12:00:00 host x", "2026-01-01T12:00:00.000000000Z"},
        {"%b %e %T", "Jan 3 12:00:00 host x", "2025-01-03T12:00:00.000000000Z"},
        {"%s%f", "1637187981.5", "2021-11-17T22:26:21.500000000Z"},
        {"@%s", "x @1637187981", "2021-11-17T22:26:21.000000000Z"},
        {"%d%%%m%%%Y", "17%11%2021", "2021-11-17T00:00:00.000000000Z"},
        {"rfc3339", "", ""},
    };
    for (const auto& one : table) {
        CAPTURE(one.format);
        CAPTURE(one.line);
        CHECK(found(std::string(one.format), one.line) == one.expected);
    }
    const std::string line = "2021-11-17T22:26:21Z";
    CHECK(found("rfc3339", std::string(250, ' ') + line) == "2021-11-17T22:26:21.000000000Z");
    CHECK(found("rfc3339", std::string(256, ' ') + line).empty()); // Too far in.
}

TEST_CASE("a time without a zone is of the machine's") {
    const Zone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
    CHECK(found("cmix", "2021/11/17 22:26:21") == "2021-11-17T21:26:21.000000000Z");
    CHECK(found("cmix", "2021/07/17 22:26:21") == "2021-07-17T20:26:21.000000000Z");
    CHECK(found("rfc3339", "2021-07-17T22:26:21Z") == "2021-07-17T22:26:21.000000000Z");
    auto format = TimeFormat::parse("cmix").value();
    const auto before = format.find("2021/03/28 01:59:59", {});
    const auto after = format.find("2021/03/28 03:00:00", {});
    REQUIRE(before);
    REQUIRE(after);
    CHECK(*after - *before == std::chrono::seconds(1));
}

TEST_CASE("a format of times that is none is refused") {
    for (const char* bad : {"%Q", "%", "noon", "%H:%M", ""}) {
        CAPTURE(bad);
        const auto parsed = TimeFormat::parse(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().what.starts_with("cannot use"));
        CHECK_FALSE(parsed.error().fix.empty());
    }
}
