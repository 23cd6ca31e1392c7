// SPDX-License-Identifier: Apache-2.0
#include "base/window.hpp"

using namespace cmw::base;

namespace {

/// "2026-11-21 02:00" (a Saturday), in UTC.
UnixTime at(const std::string& text) {
    std::tm parts{};
    std::istringstream stream(text);
    stream >> std::get_time(&parts, "%Y-%m-%d %H:%M");
    REQUIRE_FALSE(stream.fail());
    return UnixTime(std::chrono::seconds(::timegm(&parts)));
}

std::string shown(const std::optional<Opening>& opening) {
    if (!opening) return "never";
    return to_rfc3339(opening->from).substr(0, 16) + " to " +
           to_rfc3339(opening->until).substr(0, 16);
}

std::vector<WeeklyWindow> windows(const std::vector<std::string>& texts) {
    std::vector<WeeklyWindow> all;
    for (const auto& text : texts) {
        const auto window = parse_window(text);
        REQUIRE(window);
        all.push_back(*window);
    }
    return all;
}

} // namespace

TEST_CASE("windows are read") {
    struct Case {
        const char* text;
        unsigned days;
        int from, until;
    };
    for (const auto& [text, days, from, until] : std::vector<Case>{
             {"Sat 02:00-04:00 UTC", 1U << 5, 120, 240},
             {"sat 02:00-04:00", 1U << 5, 120, 240},
             {"02:00-03:00", 0x7F, 120, 180},
             {"00:00-24:00 UTC", 0x7F, 0, 1440},
             {"Mon-Fri 22:00-01:30", 0x1F, 1320, 90},
             {"Sat-Mon 01:00-02:00", 0x61, 60, 120},
             {"MON,wed 01:00-02:00", 0x05, 60, 120},
             {"Mon-Tue,Sun 01:00-02:00", 0x43, 60, 120},
             {"Sun-Sun 01:00-02:00", 0x40, 60, 120},
             {"  Sun   23:59-00:00  ", 0x40, 1439, 0},
         }) {
        CAPTURE(text);
        const auto window = parse_window(text);
        REQUIRE(window);
        CHECK(window->days == days);
        CHECK(window->from == from);
        CHECK(window->until == until);
        CHECK(window->text == text);
    }
}

TEST_CASE("what is not a window is refused") {
    for (const auto* text : {"",
                             "UTC",
                             "Sat",
                             "Sat UTC",
                             "02:00",
                             "02:00-",
                             "-03:00",
                             "2:00-3:00",
                             "02:00-02:00",
                             "24:00-02:00",
                             "02:00-24:01",
                             "25:00-26:00",
                             "02:60-03:00",
                             "02:00-03:00-04:00",
                             "Sat02:00-03:00",
                             "Sat, 02:00-03:00",
                             ",Sat 02:00-03:00",
                             "Sut 02:00-03:00",
                             "Mon- 02:00-03:00",
                             "Sat 02:00-03:00 CET",
                             "Sat 02:00-03:00 local",
                             "Sat 02:00 - 03:00",
                             "Sat Sun 02:00-03:00",
                             "02.00-03.00",
                             "+2:00-03:00",
                             "02:-1-03:00",
                             "Sat 02:00-04:00 utc"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_window(text));
    }
}

TEST_CASE("the next opening, or the one that is now") {
    struct Case {
        std::vector<std::string> windows;
        const char* now; // 2026-11-21 is a Saturday.
        const char* opening;
    };
    for (const auto& [texts, now, opening] : std::vector<Case>{
             {{}, "2026-11-21 02:00", "never"},
             {{"Sat 02:00-04:00"}, "2026-11-21 01:59", "2026-11-21T02:00 to 2026-11-21T04:00"},
             {{"Sat 02:00-04:00"}, "2026-11-21 02:00", "2026-11-21T02:00 to 2026-11-21T04:00"},
             {{"Sat 02:00-04:00"}, "2026-11-21 03:59", "2026-11-21T02:00 to 2026-11-21T04:00"},
             {{"Sat 02:00-04:00"}, "2026-11-21 04:00", "2026-11-28T02:00 to 2026-11-28T04:00"},
             {{"02:00-03:00"}, "2026-11-21 05:00", "2026-11-22T02:00 to 2026-11-22T03:00"},
             // Over midnight: it belongs to the day on which it opens.
             {{"Sat 23:00-01:00"}, "2026-11-22 00:59", "2026-11-21T23:00 to 2026-11-22T01:00"},
             {{"Sat 23:00-01:00"}, "2026-11-21 00:30", "2026-11-21T23:00 to 2026-11-22T01:00"},
             {{"Sat 23:00-01:00"}, "2026-11-22 01:00", "2026-11-28T23:00 to 2026-11-29T01:00"},
             {{"Sun 23:00-01:00"}, "2026-11-23 00:30", "2026-11-22T23:00 to 2026-11-23T01:00"},
             {{"23:30-00:30"}, "2026-12-31 23:59", "2026-12-31T23:30 to 2027-01-01T00:30"},
             {{"00:00-24:00"}, "2026-11-21 23:59", "2026-11-21T00:00 to 2026-11-22T00:00"},
             // Of several the first; of those that are open the one that closes last.
             {{"Mon 02:00-03:00", "Sun 05:00-06:00"},
              "2026-11-21 12:00",
              "2026-11-22T05:00 to 2026-11-22T06:00"},
             {{"02:00-03:00", "Sat 02:30-06:00"},
              "2026-11-21 02:45",
              "2026-11-21T02:30 to 2026-11-21T06:00"},
             // A leap day, and times before 1970.
             {{"Tue 10:00-11:00"}, "2028-02-28 12:00", "2028-02-29T10:00 to 2028-02-29T11:00"},
             {{"Wed 10:00-11:00"}, "1969-12-31 10:30", "1969-12-31T10:00 to 1969-12-31T11:00"},
         }) {
        CAPTURE(now);
        CHECK(shown(next_opening(windows(texts), at(now))) == opening);
    }
}

TEST_CASE("at every minute of a week an opening lies ahead or around, and is within a week") {
    const auto all = windows({"Mon-Fri 22:10-01:20", "Sun 00:00-24:00"});
    const auto begin = at("2026-11-16 00:00");
    for (int minute = 0; minute < 7 * 24 * 60; ++minute) {
        const auto now = begin + std::chrono::minutes(minute);
        const auto opening = next_opening(all, now);
        REQUIRE(opening);
        REQUIRE(opening->until > now);
        REQUIRE(opening->from < opening->until);
        REQUIRE(opening->from - now < std::chrono::days(7));
    }
}
