// SPDX-License-Identifier: Apache-2.0
//
// The manual page and the completions know every command and option that the table declares.
#include "app/commands.hpp"
#include "support/temporary_folder.hpp"

#include "unit/config/source_root.hpp"

#include <regex>

using namespace cmw;
using namespace cmw::app;

namespace {

std::string packaged(const std::string& name) {
    const auto text = test::read_text(CMW_SOURCE_ROOT "/packaging/" + name);
    REQUIRE_FALSE(text.empty());
    return text;
}

/// Whether `word` stands in `text` with nothing of a name on either side.
bool has_word(const std::string& text, const std::string& word) {
    return std::regex_search(text, std::regex("(^|[^a-z-])" + word + "([^a-z-]|$)"));
}

/// The manual's entry of a command: from its .TP to the next.
std::string entry_of(const std::string& manual, const std::string& command) {
    for (std::size_t at = 0; (at = manual.find("\n.TP\n", at)) != std::string::npos; ++at) {
        const auto begin = at + 5;
        const auto heading = manual.substr(begin, manual.find('\n', begin) - begin);
        if (has_word(heading, command))
            return manual.substr(begin, manual.find("\n.TP\n", begin) - begin);
    }
    return {};
}

} // namespace

TEST_CASE("the manual page has every command with each of its options") {
    const auto manual =
        std::regex_replace(packaged("man/cmix-wrapper.1"), std::regex(R"(\\f[RIB]|\\(?=-)|")"), "");
    for (const auto& command : commands()) {
        const auto entry = entry_of(manual, std::string(command.name));
        CAPTURE(command.name);
        REQUIRE_FALSE(entry.empty());
        for (const auto& option : command.options)
            CHECK_MESSAGE(has_word(entry, "--" + std::string(option.name)), option.name);
    }
    for (const auto& option : common_options())
        CHECK_MESSAGE(has_word(manual, "--" + std::string(option.name)), option.name);
}

TEST_CASE("the completions have every command and option") {
    struct Shell {
        const char* file;
        const char* command; ///< How a command stands in it.
        const char* option;
    };
    for (const auto& [file, command, option] :
         {Shell{"completions/cmix-wrapper.bash", "{}", "--{}"},
          Shell{"completions/_cmix-wrapper", "{}", "--{}"},
          Shell{"completions/cmix-wrapper.fish", "-a {}", "-l {}"}}) {
        CAPTURE(file);
        const auto text = packaged(file);
        const auto has = [&text](std::string pattern, std::string_view name) {
            const auto at = pattern.find("{}");
            pattern.replace(at, 2, name);
            return has_word(text, pattern);
        };
        for (const auto& known : commands()) {
            CHECK_MESSAGE(has(command, known.name), known.name);
            for (const auto& one : known.options) CHECK_MESSAGE(has(option, one.name), one.name);
        }
        for (const auto& one : common_options()) CHECK_MESSAGE(has(option, one.name), one.name);
    }
}

TEST_CASE("what nobody declared is in no completion") {
    const auto fish = packaged("completions/cmix-wrapper.fish");
    const std::regex offered("\ncomplete[^\n]* -l ([a-z-]+)");
    for (std::sregex_iterator found(fish.begin(), fish.end(), offered), end; found != end;
         ++found) {
        const auto name = (*found)[1].str();
        const auto is_it = [&name](const Option& option) { return option.name == name; };
        const bool known = std::ranges::any_of(common_options(), is_it) ||
                           std::ranges::any_of(commands(), [&](const auto& command) {
                               return std::ranges::any_of(command.options, is_it);
                           });
        CHECK_MESSAGE(known, name);
    }
}
