// SPDX-License-Identifier: Apache-2.0
#include "legacy/unit_command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace cmw::legacy {

using base::Result;

namespace {

constexpr std::string_view blanks = " \t\n\r";

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
    }
    put(0x80 | (code & 0x3f));
}

struct Numeric {
    char letter;
    std::size_t digits;
    int base;
};
constexpr std::array<Numeric, 3> numerics{{{'x', 2, 16}, {'u', 4, 16}, {'U', 8, 16}}};

/// Cuts one word after the other from a text.
class Splitter {
  public:
    explicit Splitter(std::string_view text) : rest_(text) {}

    Result<std::vector<std::string>> split() {
        std::vector<std::string> words;
        while (skip_blanks()) {
            std::string word;
            if (auto read = read_word(word); !read) return tl::unexpected(read.error());
            words.push_back(std::move(word));
        }
        return words;
    }

  private:
    bool skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
        return !rest_.empty();
    }

    Result<> read_word(std::string& word) {
        char quote = 0;
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (quote == 0 && blanks.find(c) != std::string_view::npos) return {};
            rest_.remove_prefix(1);
            if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == '\\') {
                if (auto read = read_escape(word); !read) return read;
            } else {
                word += c;
            }
        }
        if (quote != 0) return base::fail("", "cannot find the end of a quoted text", "close it");
        return {};
    }

    Result<> read_escape(std::string& word) {
        const auto unknown = [] {
            return base::fail("", "cannot understand an escape", "write \\\\ for a backslash");
        };
        if (rest_.empty()) return unknown();
        const char c = rest_.front();
        constexpr std::string_view letters = "abfnrtv\\\"'s;";
        constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"' ;";
        if (const auto at = letters.find(c); at != std::string_view::npos) {
            rest_.remove_prefix(1);
            word += meanings[at];
            return {};
        }
        if (c >= '0' && c <= '7') return read_number(word, 3, 8) ? Result<>{} : unknown();
        const auto* numeric = std::ranges::find(numerics, c, &Numeric::letter);
        if (numeric == numerics.end()) return unknown();
        rest_.remove_prefix(1);
        return read_number(word, numeric->digits, numeric->base) ? Result<>{} : unknown();
    }

    bool read_number(std::string& word, std::size_t digits, int number_base) {
        if (rest_.size() < digits) return false;
        std::uint32_t code = 0;
        const auto* end = rest_.data() + digits;
        const auto [stop, error] = std::from_chars(rest_.data(), end, code, number_base);
        if (error != std::errc() || stop != end || code == 0) return false;
        rest_.remove_prefix(digits);
        if (digits <= 3 && code > 0xff) return false;
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
        if (digits <= 3) // A byte, and not a character.
            word += static_cast<char>(code);
        else
            append_utf8(word, code);
        return true;
    }

    std::string_view rest_;
};

/// The length of "${NAME}" or "$NAME" at the start of `text`; 0 if there is none.
std::size_t variable_length(std::string_view text, std::string& name) {
    const bool braced = text.starts_with("${");
    const auto begin = text.begin() + (braced ? 2 : 1);
    const auto end = std::find_if_not(begin, text.end(), is_name_character);
    name.assign(begin, end);
    const bool digit = !name.empty() && name.front() >= '0' && name.front() <= '9';
    if (name.empty() || digit || (braced && (end == text.end() || *end != '}'))) return 0;
    return name.size() + (braced ? 3 : 1);
}

std::string value_or_reference(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "${" + name + "}" : found->second;
}

} // namespace

Result<std::vector<std::string>> split_words(std::string_view text) {
    return Splitter(text).split();
}

Result<std::string> expand_specifiers(std::string_view word) {
    std::string text;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '%') {
            text += word[i];
        } else if (i + 1 < word.size() && word[i + 1] == '%') {
            text += word[++i];
        } else {
            return base::fail("",
                              fmt::format("cannot tell what %{} stands for: only systemd knows",
                                          word.substr(i + 1, 1)),
                              "write its value instead, or %% for a percent sign");
        }
    }
    return text;
}

std::vector<std::string> expand_variables(const std::vector<std::string>& words,
                                          const Environment& environment) {
    std::vector<std::string> expanded;
    for (const auto& word : words) {
        std::string name;
        if (word.starts_with('$') && !word.starts_with("${") &&
            variable_length(word, name) == word.size()) {
            const auto value = value_or_reference(environment, name);
            // systemd parts the value at blanks, and takes its quotes away.
            if (const auto parts = split_words(value); parts)
                expanded.insert(expanded.end(), parts->begin(), parts->end());
            continue;
        }
        std::string text;
        for (std::string_view rest = word; !rest.empty();) {
            std::size_t length = 1;
            if (rest.starts_with("$$")) {
                length = 2;
                text += '$';
            } else if (const auto found = rest.starts_with("${") ? variable_length(rest, name) : 0;
                       found != 0) {
                length = found;
                text += value_or_reference(environment, name);
            } else {
                text += rest.front();
            }
            rest.remove_prefix(length);
        }
        expanded.push_back(std::move(text));
    }
    return expanded;
}

Result<std::vector<std::string>> split_shell(std::string_view text, std::string& cut) {
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'') {
            ++i;
        } else if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote == 0 && std::string_view("<>|&;\n").find(c) != std::string_view::npos) {
            // "2>" belongs to the redirection.
            while (i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9') --i;
            cut = text.substr(i);
            text = text.substr(0, i);
        }
    }
    auto words = split_words(text);
    if (words && !words->empty() && words->front() == "exec") words->erase(words->begin());
    return words;
}

} // namespace cmw::legacy
