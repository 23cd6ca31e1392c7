// SPDX-License-Identifier: Apache-2.0
#include "app/terminal.hpp"

#include "base/text.hpp"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace cmw::app {

std::string painted(std::string_view text, Colour colour) {
    constexpr std::array<std::string_view, 6> codes{"0", "31", "32", "33", "90", "1"};
    if (colour == Colour::none || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(colour)], text);
}

bool is_terminal(int fd) {
    return ::isatty(fd) == 1;
}

bool wants_colours(int fd) {
    const auto set = [](const char* name) {
        const auto* value = std::getenv(name);
        return std::string_view(value == nullptr ? "" : value);
    };
    return set("NO_COLOR").empty() && set("TERM") != "dumb" && is_terminal(fd);
}

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
        const auto length = base::utf8_length(text);
        const bool control =
            byte(0) < 0x20 || byte(0) == 0x7F || (length == 2 && byte(0) == 0xC2 && byte(1) < 0xA0);
        if (length == 0)
            shown += '?';
        else if (control)
            shown += ' ';
        else
            shown += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Table::render(bool colours) const {
    if (rows_.size() < 2) return {};
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns(row[i].text));
    }
    std::string out;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        std::string line;
        for (std::size_t i = 0; i < rows_[r].size(); ++i) {
            const auto& cell = rows_[r][i];
            const auto colour = r == 0 ? Colour::bold : cell.colour;
            line += colours ? painted(cell.text, colour) : cell.text;
            line.append(widths[i] - columns(cell.text) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

void print(std::string_view text) {
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    (void)std::fflush(stdout);
}

void report(const base::Problem& problem) {
    fmt::print(stderr, "cmix-wrapper: {}\n", printable(to_string(problem)));
}

void report(const base::Problems& problems, std::string_view label, Colour colour) {
    const auto mark = wants_colours(STDERR_FILENO) ? painted(label, colour) : std::string(label);
    for (const auto& problem : problems) {
        const auto where = problem.where.empty() ? "" : problem.where + ": ";
        const auto rest = to_string(base::Problem{"", problem.what, problem.fix});
        fmt::print(stderr, "{}{}: {}\n", printable(where), mark, printable(rest));
    }
}

} // namespace cmw::app
