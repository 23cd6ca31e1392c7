// SPDX-License-Identifier: Apache-2.0
#include "app/terminal.hpp"

using namespace cmw::app;

TEST_CASE("texts of others cannot drive the terminal") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"plain", "plain"},
        {"\x1b[2Jgone", " [2Jgone"},
        {"a\nb\tc\r", "a b c "},
        {"\x7f\xC2\x9B"
         "1m",
         "  1m"},
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"bad\xFF\xC3", "bad??"},
        {"", ""},
    };
    for (const auto& [text, shown] : table) CHECK(printable(text) == shown);
}

TEST_CASE("tables are aligned, by characters and without colour in their width") {
    Table table({"NAME", "STATE", "NOTE"});
    CHECK(table.render(true).empty());
    table.add({"a", {"ok", Colour::green}, "x"});
    table.add({"gr\xC3\xBC\xC3\x9F"
               "er",
               {"failed", Colour::red},
               ""});
    CHECK(table.render(false) == "NAME    STATE   NOTE\n"
                                 "a       ok      x\n"
                                 "gr\xC3\xBC\xC3\x9F"
                                 "er  failed\n");
    CHECK(table.render(true).find("\x1b[32mok\x1b[0m      x\n") != std::string::npos);
}
