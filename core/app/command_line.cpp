// SPDX-License-Identifier: Apache-2.0
#include "app/command_line.hpp"

#include "base/text.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

namespace cmw::app {

namespace po = boost::program_options;

namespace {

constexpr Option common[] = {
    {"config", 'c', "FILE", "the configuration, which says which host is meant"},
    {"help", 'h', "", "show this help"},
    {"version", 'V', "", "show the version"},
};

using Failure = tl::unexpected<base::Problem>;

Failure misuse(std::string what, const Command* command) {
    return base::fail("", std::move(what),
                      command == nullptr
                          ? "see 'cmix-wrapper --help'"
                          : fmt::format("see 'cmix-wrapper {} --help'", command->name));
}

/// "cannot understand ...; did you mean ...?"
Failure unknown(std::string_view what, const std::string& word,
                const std::vector<std::string>& known, const Command* command) {
    auto text = fmt::format("cannot understand the {} '{}'", what, word);
    if (const auto near = base::nearest(word, known); !near.empty())
        text += fmt::format(": did you mean '{}'?", near);
    return misuse(std::move(text), command);
}

/// The place of the command: the first word that is no option before the command, nor its value.
std::size_t command_place(const std::vector<std::string>& words) {
    std::size_t place = 0;
    while (place < words.size() && words[place].starts_with('-'))
        place += words[place] == "-c" || words[place] == "--config" ? 2 : 1;
    return std::min(place, words.size());
}

po::options_description described(const Command* command) {
    po::options_description all;
    const auto add = [&all](const Option& option) {
        auto name = std::string(option.name);
        if (option.letter != 0) name.append({',', option.letter});
        if (option.argument.empty())
            all.add_options()(name.c_str(), "");
        else
            all.add_options()(name.c_str(), po::value<std::string>(), "");
    };
    for (const auto& option : common) add(option);
    if (command != nullptr)
        for (const auto& option : command->options) add(option);
    return all;
}

base::Result<Arguments> read(const Command* command, const std::vector<std::string>& words) try {
    using namespace po::command_line_style;
    const auto options = described(command);
    const auto parsed =
        po::command_line_parser(words).options(options).style(unix_style & ~allow_guessing).run();
    Arguments arguments;
    for (const auto& option : parsed.options) {
        const auto value = option.value.empty() ? "" : option.value.front();
        if (option.position_key >= 0)
            arguments.words.push_back(value);
        else if (!arguments.options.emplace(option.string_key, value).second)
            return misuse(fmt::format("cannot take --{} twice", option.string_key), command);
    }
    return arguments;
} catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : common) known.push_back(fmt::format("--{}", option.name));
    if (command != nullptr)
        for (const auto& option : command->options)
            known.push_back(fmt::format("--{}", option.name));
    return unknown("option", error.get_option_name(), known, command);
} catch (const po::error& error) {
    return misuse(fmt::format("cannot read the command line: {}", error.what()), command);
}

base::Result<const Command*> find(std::span<const Command> commands, const std::string& word) {
    std::vector<std::string> known{"help"};
    for (const auto& command : commands) {
        if (command.name == word) return &command;
        known.emplace_back(command.name);
    }
    return unknown("command", word, known, nullptr);
}

base::Result<Invocation> help_about(std::span<const Command> commands,
                                    const std::vector<std::string>& words) {
    Invocation invocation{Invocation::Kind::help, nullptr, {}};
    if (words.empty()) return invocation;
    return find(commands, words.front()).map([&](const Command* command) {
        invocation.command = command;
        return invocation;
    });
}

/// Takes off `words`, which `from` on are the command's, what it wants as it is.
std::vector<std::string> cut_rest(const Command& command, std::vector<std::string>& words,
                                  std::size_t from) {
    if (command.rest.empty()) return {};
    auto begin = words.begin() + static_cast<std::ptrdiff_t>(from);
    const bool all = command.rest == command.name;
    if (!all) begin = std::find(begin, words.end(), command.rest);
    std::vector<std::string> rest(begin == words.end() || all ? begin : begin + 1, words.end());
    words.erase(begin, words.end());
    return rest;
}

base::Result<> check_words(const Command& command, const Arguments& arguments) {
    const auto count = arguments.words.size();
    if (count < command.min_words)
        return misuse(fmt::format("cannot do '{}' without {}", command.name, command.words),
                      &command);
    if (count > command.max_words)
        return misuse(fmt::format("cannot understand '{}' after '{}'",
                                  arguments.words[command.max_words], command.name),
                      &command);
    return {};
}

std::string option_lines(std::span<const Option> options) {
    std::string text;
    for (const auto& option : options) {
        const auto letter = option.letter == 0 ? "    " : fmt::format("-{}, ", option.letter);
        const auto name = option.argument.empty()
                              ? fmt::format("--{}", option.name)
                              : fmt::format("--{} {}", option.name, option.argument);
        text += fmt::format("  {}{:<18} {}\n", letter, name, option.help);
    }
    return text;
}

} // namespace

std::span<const Option> common_options() {
    return common;
}

base::Result<Invocation> parse(std::span<const Command> commands,
                               const std::vector<std::string>& words) {
    const auto place = command_place(words);
    auto rest = words;
    const Command* command = nullptr;
    if (place < words.size()) {
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place));
        if (words[place] == "help")
            return help_about(
                commands, {words.begin() + static_cast<std::ptrdiff_t>(place) + 1, words.end()});
        const auto found = find(commands, words[place]);
        if (!found) {
            // An unknown option before it may be what is wrong: "--cofnig FILE status".
            const auto before =
                read(nullptr, {words.begin(), words.begin() + static_cast<std::ptrdiff_t>(place)});
            return tl::unexpected(before ? found.error() : before.error());
        }
        command = *found;
    }
    std::vector<std::string> as_they_are;
    if (command != nullptr) as_they_are = cut_rest(*command, rest, place);
    if (command != nullptr && command->rest == command->name && as_they_are.size() == 1 &&
        (as_they_are.front() == "--help" || as_they_are.front() == "-h"))
        rest.swap(as_they_are);
    auto arguments = read(command, rest);
    if (!arguments) return tl::unexpected(arguments.error());
    arguments->words.insert(arguments->words.end(), as_they_are.begin(), as_they_are.end());
    if (arguments->has("help")) return Invocation{Invocation::Kind::help, command, {}};
    if (arguments->has("version")) return Invocation{Invocation::Kind::version, command, {}};
    if (command == nullptr) return misuse("cannot tell what to do without a command", nullptr);
    if (const auto fits = check_words(*command, *arguments); !fits)
        return tl::unexpected(fits.error());
    return Invocation{Invocation::Kind::run, command, std::move(*arguments)};
}

std::string general_help(std::span<const Command> commands) {
    std::string text =
        "cmix-wrapper - runs the software of a network's node, and keeps it at exactly the\n"
        "version that the network's consensus approved.\n"
        "\n"
        "Usage: cmix-wrapper COMMAND [OPTION]... [ARGUMENT]...\n";
    std::string_view group;
    for (const auto& command : commands) {
        if (command.group != group) text += fmt::format("\n{}:\n", group = command.group);
        const auto usage = fmt::format("{} {}", command.name, command.words);
        text += fmt::format("  {:<24} {}\n", usage, command.summary);
    }
    text += fmt::format("  {:<24} {}\n", "help COMMAND", "all about one command, with examples");
    text += "\nOptions of every command:\n" + option_lines(common);
    text += "\nExamples:\n"
            "  cmix-wrapper check -c wrapper.toml    is this configuration right?\n"
            "  cmix-wrapper status --watch           what runs, in which version, and why\n"
            "  cmix-wrapper logs -f cmix             follow a service's log\n"
            "\n"
            "The configuration is FILE of -c, else $CMIX_WRAPPER_CONFIG, else\n"
            "/etc/cmix-wrapper/wrapper.toml. Exit status: 0 done, 1 failed, 2 usage or\n"
            "configuration, 3 no host is running.\n";
    return text;
}

std::string command_help(const Command& command) {
    const auto separator = command.words.empty() ? "" : " ";
    auto text = fmt::format("Usage: cmix-wrapper {} [OPTION]...{}{}\n\n{}\n\nOptions:\n",
                            command.name, separator, command.words, command.text);
    text += option_lines(command.options) + option_lines(common);
    if (!command.examples.empty()) text += fmt::format("\nExamples:\n{}\n", command.examples);
    return text;
}

} // namespace cmw::app
