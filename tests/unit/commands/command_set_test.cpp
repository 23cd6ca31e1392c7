// SPDX-License-Identifier: Apache-2.0
#include "commands/command_set.hpp"

#include <doctest/doctest.h>

using namespace cmw::commands;
using namespace std::chrono_literals;

namespace {

const std::string hash(64, 'a');

std::string set_of(const std::string& commands, const std::string& more = "") {
    return R"({"timestamp": 1632000000.5, "commands": [)" + commands + "]" + more + "}";
}

/// `depth` lists in each other.
std::string nested(std::size_t depth) {
    std::string text(depth, '[');
    return text.append(depth, ']');
}

} // namespace

TEST_CASE("command_set: the historic form") {
    const auto set =
        parse_command_set(set_of(R"({"command": "stop", "target": "binary", "nodes": ["A", "B"]}, )"
                                 R"({"command": "delay", "info": {"time": 5000}}, )"
                                 R"({"command": "start", "target": "logger", "nodes": []}, )"
                                 R"({"command": "update", "target": "libpow", "nodes": null, )"
                                 R"("info": {"path": "server/libpow", "hash": "0x)" +
                                 hash + R"("}})"));
    REQUIRE(set);
    CHECK(set->timestamp == 1632000000.5);
    CHECK_FALSE(set->role);
    CHECK_FALSE(set->expires);
    CHECK_FALSE(set->sequence);
    const std::vector<Command> expected{
        {Verb::stop, "binary", {"A", "B"}, {}, {}, {}},
        {Verb::delay, "", {}, 5s, {}, {}},
        {Verb::start, "logger", {}, {}, {}, {}},
        {Verb::update, "libpow", {}, {}, "server/libpow", hash},
    };
    CHECK(set->commands == expected);
    std::vector<std::string> words;
    for (const auto& command : set->commands) words.push_back(in_words(command));
    CHECK(words == std::vector<std::string>{"stop binary", "delay 5s", "start logger",
                                            "update libpow to aaaaaaaaaaaa"});
}

TEST_CASE("command_set: what closes the holes") {
    const auto set = parse_command_set(
        set_of("", R"(, "role": "server", "expires": 1632003600, "sequence": 7)"));
    REQUIRE(set);
    CHECK(set->role == "server");
    CHECK(set->expires == 1632003600.0);
    CHECK(set->sequence == 7);
    CHECK(set->commands.empty());
}

TEST_CASE("command_set: what is not understood is refused whole, and says why") {
    const std::string start = R"({"command": "start", "target": "binary"})";
    const auto update = [](const std::string& path, const std::string& digest) {
        return set_of(R"({"command": "update", "target": "binary", "info": {"path": ")" + path +
                      R"(", "hash": ")" + digest + R"("}})");
    };
    struct Row {
        std::string line;
        std::string why;
    };
    const Row rows[] = {
        {"", "it is no object"},
        {"[]", "it is no object"},
        {"{", "it is cut short"},
        {R"({"a)", "it is cut short"},
        {"{}]", "something stands behind its end"},
        {set_of(start) + "{}", "something stands behind its end"},
        {R"({"timestamp": 1, "timestamp": 2, "commands": []})", "\"timestamp\" stands in it twice"},
        {set_of("", R"(, "note": "a\ud800")"), "cannot"},
        {set_of("", ", \"role\": \"\xFF\""), "it is not UTF-8"},
        {set_of("", ", \"role\": \"\x01\""), "it has a control character"},
        {nested(9), "it is no object"},
        {"{\"a\":" + nested(8) + "}", "it nests too deep"},
        {"{\"a\":" + nested(100'000) + "}", "it nests too deep"},
        {R"({"timestamp": nan, "commands": []})", "cannot read the JSON"},
        {R"({"commands": []})", "\"timestamp\" is no number"},
        {R"({"timestamp": "1632000000", "commands": []})", "\"timestamp\" is no number"},
        {R"({"timestamp": true, "commands": []})", "\"timestamp\" is no number"},
        {R"({"timestamp": -1, "commands": []})", "\"timestamp\" is out of range"},
        {R"({"timestamp": 1e300, "commands": []})", "\"timestamp\" is out of range"},
        {R"({"timestamp": 1})", "\"commands\" is no list"},
        {R"({"timestamp": 1, "commands": {}})", "\"commands\" is no list"},
        {set_of("5"), "a command is no object"},
        {set_of("", R"(, "only-if": 1)"), "\"only-if\" in it is not known"},
        {set_of(R"({"command": "start", "target": "binary", "when": "later"})"),
         "\"when\" in a command is not known"},
        {set_of(R"({"command": "reboot", "target": "binary"})"),
         "the command \"reboot\" is not known"},
        {set_of(R"({"target": "binary"})"), "\"command\" is no text"},
        {set_of(R"({"command": "start"})"), "\"target\" is no text"},
        {set_of(R"({"command": "start", "target": "wrapper"})"), "\"start\" has no target"},
        {set_of(R"({"command": "update", "target": "logger"})"), "\"update\" has no target"},
        {set_of(R"({"command": "start", "target": "binary", "nodes": "A"})"),
         "\"nodes\" is no list"},
        {set_of(R"({"command": "start", "target": "binary", "nodes": [1]})"),
         "\"nodes\" is no text"},
        {set_of(R"({"command": "delay"})"), "\"delay\" has no \"info\""},
        {set_of(R"({"command": "delay", "info": 5})"), "\"delay\" has no \"info\""},
        {set_of(R"({"command": "delay", "info": {"time": -5}})"), "\"time\" is out of range"},
        {set_of(R"({"command": "delay", "info": {"time": 1e12}})"), "\"time\" is out of range"},
        {set_of(R"({"command": "delay", "info": {"time": 5, "unit": "h"}})"),
         "\"unit\" in \"info\" is not known"},
        {update("", hash), "\"path\" is empty"},
        {update("server/x", "abc"), "\"hash\" is not 64"},
        {update("server/x", std::string(64, 'g')), "\"hash\" is not 64"},
        {set_of("", R"(, "sequence": 1.5)"), "\"sequence\" is no whole number"},
        {set_of("", R"(, "sequence": -1)"), "\"sequence\" is no whole number"},
        {set_of("", R"(, "sequence": 99999999999999999999999)"), "cannot"},
        {set_of("", R"(, "expires": "never")"), "\"expires\" is no number"},
        {set_of("", R"(, "role": "")"), "\"role\" is empty"},
    };
    CHECK_FALSE(parse_command_set("{\n}")); // A line is one line.
    for (const auto& row : rows) {
        CAPTURE(row.line.substr(0, 200));
        const auto set = parse_command_set(row.line);
        REQUIRE_FALSE(set);
        CHECK_MESSAGE(set.error().what.find(row.why) != std::string::npos, set.error().what);
        CHECK(set.error().what.starts_with("cannot "));
    }
    std::string many = start;
    for (int i = 0; i < 100; ++i) many += ", " + start;
    CHECK_FALSE(parse_command_set(set_of(many)));
}
