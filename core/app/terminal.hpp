// SPDX-License-Identifier: Apache-2.0
//
// app/terminal.hpp - text for people: aligned tables, colours where they are wanted, problems.
// Texts of plugins and peers pass through printable(): they cannot move the cursor or hide.
#pragma once

#include "base/problem.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cmw::app {

enum class Colour { none, red, green, yellow, grey, bold };

/// `text` in a colour, as ECMA-48 escapes.
std::string painted(std::string_view text, Colour colour);

/// Whether a file descriptor is a terminal that wants colours (https://no-color.org).
bool wants_colours(int fd);
bool is_terminal(int fd);

/// `text` without control characters; what is not UTF-8 becomes '?'.
std::string printable(std::string_view text);

/// How many columns a UTF-8 text takes, taking each character for one.
std::size_t columns(std::string_view text);

/// A table with aligned columns and without lines; the last column is not padded.
class Table {
  public:
    struct Cell {
        std::string text;
        Colour colour = Colour::none;
        Cell(std::string_view content, Colour paint = Colour::none)
            : text(printable(content)), colour(paint) {}
        Cell(const std::string& content) : Cell(std::string_view(content)) {}
        Cell(const char* content) : Cell(std::string_view(content)) {}
    };

    explicit Table(std::vector<Cell> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    /// With header; nothing without rows.
    std::string render(bool colours) const;

  private:
    std::vector<std::vector<Cell>> rows_;
};

/// To standard output; a reader that has gone ends the program as usual (SIGPIPE).
void print(std::string_view text);
/// One line to standard error: "cmix-wrapper: where: what; fix".
void report(const base::Problem& problem);
/// A list about the configuration, to standard error: "where: what; fix" a line, marked `label`.
void report(const base::Problems& problems, std::string_view label, Colour colour);

} // namespace cmw::app
