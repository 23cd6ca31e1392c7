// SPDX-License-Identifier: Apache-2.0
#include "commands/command_file.hpp"

#include <doctest/doctest.h>

using namespace cmw::commands;

TEST_CASE("command_file: two lines, white space around them aside") {
    for (const std::string content : {"{\"a\": 1}\n{\"signature\": \"AQID\"}",
                                      "  {\"a\": 1} \r\n\n {\"signature\": \"AQID\"}\n\n"}) {
        const auto parts = split(content);
        REQUIRE(parts);
        CHECK(parts->line == "{\"a\": 1}");
        CHECK(parts->signature == std::vector<std::uint8_t>{1, 2, 3});
        CHECK(split(join(parts->line, parts->signature))->line == parts->line);
    }
    for (std::size_t size = 1; size < 8; ++size) {
        const std::vector<std::uint8_t> signature(size, 0xFB);
        CHECK(split(join("{}", signature))->signature == signature);
    }
}

TEST_CASE("command_file: what it does not take, and why") {
    struct Row {
        std::string content;
        std::string why;
    };
    const std::string line = "{\"a\": 1}\n";
    const Row rows[] = {
        {"", "no second line"},
        {"{\"a\": 1}", "no second line"},
        {line, "no second line"},
        {line + line + line, "more than two lines"},
        {line + "{\"signature\": \"AQID\"}\n{\"signature\": \"AQID\"}", "more than two lines"},
        {line + "AQID", "its second line: cannot read the JSON"},
        {line + "{}", "its second line is not"},
        {line + "{\"signature\": 5}", "its second line is not"},
        {line + "{\"signature\": null}", "its second line is not"},
        {line + "{\"signature\": \"AQID\", \"algorithm\": \"none\"}", "its second line is not"},
        {line + "{\"signature\": \"AQID\", \"signature\": \"AQIE\"}", "stands in it twice"},
        {line + "{\"signature\": \"\"}", "not base64"},
        {line + "{\"signature\": \"AQI\"}", "not base64"},
        {line + "{\"signature\": \"AQ*D\"}", "not base64"},
        {line + "{\"signature\": \"AQJ=\"}", "not base64"}, // Another text for the bytes of "AQI=".
        {line + "{\"signature\": \"AQID\\n\"}", "not base64"},
        {std::string(max_command_file + 1, ' '), "too large"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.content.substr(0, 100));
        const auto parts = split(row.content);
        REQUIRE_FALSE(parts);
        CHECK_MESSAGE(parts.error().what.find(row.why) != std::string::npos, parts.error().what);
    }
}
