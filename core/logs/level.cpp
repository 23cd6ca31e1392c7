// SPDX-License-Identifier: Apache-2.0
#include "logs/level.hpp"

#include <cmw/abi/plugin.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cmw::logs {

namespace {

using Named = std::pair<std::string_view, std::uint32_t>;
constexpr std::size_t words_of_old_rule = 6;
constexpr std::array<Named, 9> levels{{{"INFO", CMW_LEVEL_INFO},
                                       {"WARN", CMW_LEVEL_WARN},
                                       {"DEBUG", CMW_LEVEL_DEBUG},
                                       {"ERROR", CMW_LEVEL_ERROR},
                                       {"FATAL", CMW_LEVEL_FATAL},
                                       {"TRACE", CMW_LEVEL_TRACE},
                                       {"WARNING", CMW_LEVEL_WARN},
                                       {"CRITICAL", CMW_LEVEL_FATAL},
                                       {"PANIC", CMW_LEVEL_FATAL}}};

/// How far into a line a level is looked for: behind a time and a name or two.
constexpr std::size_t reach = 128;
constexpr int most_words = 6;

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_letter(char c) {
    return upper(c) >= 'A' && upper(c) <= 'Z';
}

std::optional<std::uint32_t> level_named(std::string_view word, bool any_case) {
    const auto same = [&](char a, char b) { return a == (any_case ? upper(b) : b); };
    for (const auto& [name, level] : levels)
        if (std::ranges::equal(name, word, same)) return level;
    return std::nullopt;
}

/// Behind "level" and what stands between it and its value.
std::optional<std::uint32_t> labelled(std::string_view line) {
    for (const std::string_view label : {"level", "lvl"}) {
        for (auto at = line.find(label); at != std::string_view::npos;
             at = line.find(label, at + 1)) {
            auto rest = line.substr(at + label.size());
            const auto border = rest.find_first_not_of("\" ");
            if (border == std::string_view::npos || (rest[border] != '=' && rest[border] != ':'))
                continue;
            rest.remove_prefix(border + 1);
            rest.remove_prefix(std::min(rest.find_first_not_of("\" "), rest.size()));
            const auto end = std::ranges::find_if_not(rest, is_letter) - rest.begin();
            return level_named(rest.substr(0, static_cast<std::size_t>(end)), true);
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::uint32_t> level_word(std::string_view line) {
    for (std::size_t i = 0; i < words_of_old_rule; ++i) {
        const auto& [word, level] = levels[i];
        if (!line.starts_with(word)) continue;
        if (line.size() == word.size()) return level;
        const char after = line[word.size()];
        if (after == ' ' || after == '\t' || after == ':' || after == '\r') return level;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> find_level(std::string_view line) {
    if (const auto first = level_word(line)) return first;
    line = line.substr(0, std::min(reach, line.find('\n')));
    auto rest = line;
    for (int words = 0; words < most_words; ++words) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        if (rest.empty()) break;
        auto word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        while (!word.empty() && !is_letter(word.front())) word.remove_prefix(1);
        while (!word.empty() && !is_letter(word.back())) word.remove_suffix(1);
        if (const auto level = level_named(word, false)) return level;
    }
    return labelled(line);
}

} // namespace cmw::logs
