// SPDX-License-Identifier: Apache-2.0
#include "app/commands.hpp"

#include <set>

using namespace cmw;
using namespace cmw::app;
using Words = std::vector<std::string>;

namespace {

int nothing(const Arguments&) {
    return 0;
}

const std::vector<Command>& sample() {
    static const std::vector<Command> commands{
        {"status",
         "Group",
         "",
         0,
         0,
         "shows it",
         "Text.",
         {{"json", 0, "", "as JSON"}},
         "  x",
         nothing},
        {"logs",
         "Group",
         "STREAM",
         1,
         1,
         "tails it",
         "Text.",
         {{"follow", 'f', "", "go on"}, {"lines", 'n', "N", "how many"}},
         "",
         nothing},
        {"digest", "Other", "FILE...", 1, 9, "hashes it", "Text.", {}, "", nothing},
    };
    return commands;
}

std::string why(const Words& words) {
    const auto parsed = parse(sample(), words);
    return parsed ? "" : to_string(parsed.error());
}

} // namespace

TEST_CASE("a command line is read as people write it") {
    const std::vector<Words> same{
        {"logs", "-f", "-n", "5", "-c", "w.toml", "cmix"},
        {"logs", "cmix", "--follow", "--lines=5", "--config", "w.toml"},
        {"-c", "w.toml", "logs", "-fn5", "cmix"},
        {"--config=w.toml", "logs", "-f", "-n5", "--", "cmix"},
    };
    for (const auto& words : same) {
        CAPTURE(fmt::format("{}", fmt::join(words, " ")));
        const auto parsed = parse(sample(), words);
        REQUIRE_MESSAGE(parsed, (parsed ? "" : to_string(parsed.error())));
        CHECK(parsed->kind == Invocation::Kind::run);
        CHECK(parsed->command->name == "logs");
        CHECK(parsed->arguments.words == Words{"cmix"});
        CHECK(parsed->arguments.has("follow"));
        CHECK(parsed->arguments.value("lines") == "5");
        CHECK(parsed->arguments.value("config") == "w.toml");
    }
    CHECK(parse(sample(), {"digest", "a", "--", "-b"})->arguments.words == Words{"a", "-b"});
    CHECK(parse(sample(), {"digest", "-"})->arguments.words == Words{"-"});
}

TEST_CASE("help and version are asked for in many ways") {
    const std::vector<std::tuple<Words, Invocation::Kind, std::string>> table{
        {{"--help"}, Invocation::Kind::help, ""},
        {{"-h"}, Invocation::Kind::help, ""},
        {{"help"}, Invocation::Kind::help, ""},
        {{"help", "logs"}, Invocation::Kind::help, "logs"},
        {{"logs", "--help"}, Invocation::Kind::help, "logs"},
        {{"-c", "x", "logs", "-h"}, Invocation::Kind::help, "logs"},
        {{"--version"}, Invocation::Kind::version, ""},
        {{"logs", "-V"}, Invocation::Kind::version, "logs"},
    };
    for (const auto& [words, kind, command] : table) {
        CAPTURE(fmt::format("{}", fmt::join(words, " ")));
        const auto parsed = parse(sample(), words);
        REQUIRE(parsed);
        CHECK(parsed->kind == kind);
        CHECK((parsed->command == nullptr ? "" : parsed->command->name) == command);
    }
}

TEST_CASE("flaw 23: what is misspelt is refused, with the nearest name") {
    const std::vector<std::pair<Words, std::string>> table{
        {{}, "without a command"},
        {{"statsu"}, "did you mean 'status'?"},
        {{"help", "lgos"}, "did you mean 'logs'?"},
        {{"colour"}, "cannot understand the command 'colour'; see"},
        {{"status", "--jsno"}, "did you mean '--json'?"},
        {{"status", "--follow"}, "cannot understand the option '--follow'"},
        {{"--cofnig", "x"}, "'--cofnig'"},
        {{"logs"}, "cannot do 'logs' without STREAM"},
        {{"logs", "a", "b"}, "cannot understand 'b' after 'logs'"},
        {{"status", "more"}, "cannot understand 'more' after 'status'"},
        {{"logs", "a", "-n"}, "cannot read the command line"},
        {{"logs", "a", "-n", "1", "-n", "2"}, "cannot take --lines twice"},
        {{"status", "--json=yes"}, "cannot read the command line"},
        {{"-c"}, "cannot read the command line"},
    };
    for (const auto& [words, part] : table) {
        CAPTURE(fmt::format("{}", fmt::join(words, " ")));
        const auto text = why(words);
        CHECK_MESSAGE(text.find(part) != std::string::npos, text);
    }
}

TEST_CASE("help names what there is, in lines that fit") {
    const auto all = general_help(sample());
    for (const auto* part : {"Group:", "Other:", "logs STREAM", "--config FILE", "Examples:"})
        CHECK_MESSAGE(all.find(part) != std::string::npos, part);
    const auto logs = command_help(sample()[1]);
    for (const auto* part : {"Usage: cmix-wrapper logs [OPTION]... STREAM", "-n, --lines N",
                             "-f, --follow", "-h, --help"})
        CHECK_MESSAGE(logs.find(part) != std::string::npos, part);
    CHECK(logs.find("Examples") == std::string::npos);
}

TEST_CASE("every command is complete, and its help fits a terminal") {
    std::set<std::string_view> names;
    auto texts = std::vector{general_help(commands())};
    for (const auto& command : commands()) {
        CAPTURE(command.name);
        CHECK(names.insert(command.name).second);
        CHECK((command.run != nullptr));
        CHECK(command.min_words <= command.max_words);
        CHECK((command.max_words == 0) == command.words.empty());
        CHECK_FALSE(command.examples.empty());
        CHECK_FALSE(command.summary.ends_with('.'));
        texts.push_back(command_help(command));
    }
    for (const auto& text : texts)
        for (std::size_t start = 0, end = 0; start < text.size(); start = end + 1) {
            end = text.find('\n', start);
            CHECK_MESSAGE(end - start <= 96, text.substr(start, end - start));
        }
}
