// SPDX-License-Identifier: Apache-2.0
//
// logs/assembler.hpp - from the bytes of a log file to records: where each begins and ends. Pure: no
// file, no clock. A record is a stretch of the bytes themselves, so nothing is copied.
//
// Rules ([log.X] event): "line": every line is a record. "level-word": a line whose first word is
// INFO, WARN, DEBUG, ERROR, FATAL or TRACE begins one, the lines after it join it. Any other text is
// a regular expression (ECMAScript) that finds first lines. A record that is longer than it may be
// is cut: between lines if it can, else within the line at a border of UTF-8.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <optional>
#include <regex>
#include <string_view>

namespace cmw::logs {

class EventRule {
  public:
    enum class Kind { line, level_word, pattern };

    /// The problem says what the regular expression lacks.
    static base::Result<EventRule> parse(const std::string& text);

    Kind kind() const { return kind_; }
    /// Whether `line`, without its line feed, begins a record.
    bool begins_record(std::string_view line) const;

  private:
    Kind kind_ = Kind::line;
    std::regex first_line_;
};

/// CMW_LEVEL_* of a line's first word, if it is a level.
std::optional<std::uint32_t> level_word(std::string_view line);

/// What follows the bytes that an assembler is shown.
enum class Following {
    more,    ///< More bytes may come: an open record stays open.
    silence, ///< Nothing came for a while: what ends with a line feed is complete.
    nothing, ///< The file is over: all that is there is complete.
};

class Assembler {
  public:
    /// No record's text is longer than `record_bytes` (at least 4: the longest code point).
    Assembler(const EventRule& rule, std::size_t record_bytes);

    struct Record {
        std::size_t size = 0;  ///< Bytes that it takes, its last line feed included.
        std::string_view text; ///< Without that line feed, a carriage return before it, and NULs
            ///< before it, which are the hole of a file truncated under its writer.
        std::uint32_t level =
            0; ///< CMW_LEVEL_*: its level word, else that of the record it goes on with, else INFO.
    };

    /// The record at the start of `bytes`, or nothing as long as its end cannot be told. Called with
    /// the same start until there is one; then with what is behind it.
    std::optional<Record> next(std::string_view bytes, Following following);

    /// The bytes of a call to come have nothing to do with those before: another file begins.
    void restart();

  private:
    std::optional<std::size_t> end_of_record(std::string_view bytes, Following following);
    Record make_record(std::string_view bytes);

    const EventRule& rule_;
    std::size_t record_bytes_;
    std::size_t line_ = 0;     ///< Where the line that is being looked at begins.
    std::size_t searched_ = 0; ///< Up to where no line feed was found.
    bool within_line_ = false; ///< The bytes begin within a line that was cut.
    std::uint32_t level_;      ///< Of the record before.
};

/// The largest size up to `limit` at which `text` can be cut without splitting a code point; `limit`
/// if it is no UTF-8 there.
std::size_t utf8_cut(std::string_view text, std::size_t limit);

} // namespace cmw::logs
