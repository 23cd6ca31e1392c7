// SPDX-License-Identifier: Apache-2.0
//
// logs/assembler.hpp - from the bytes of a log file to records: where each begins and ends. Pure: no
// file, no clock. A record is a stretch of the bytes themselves, so nothing is copied. One that is
// longer than it may be is cut: between lines if it can, else within the line at a border of UTF-8.
#pragma once

#include "logs/record_rules.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace cmw::logs {

/// What follows the bytes that an assembler is shown.
enum class Following {
    more,    ///< More bytes may come: an open record stays open.
    silence, ///< Nothing came for a while: what ends with a line feed is complete.
    nothing, ///< The file is over: all that is there is complete.
};

class Assembler {
  public:
    /// No record's text is longer than `record_bytes` (at least 4: the longest code point). Where
    /// that is not very short, the marks of a record that is cut fit in beside its text.
    Assembler(const RecordRules& rules, std::size_t record_bytes);

    struct Record {
        std::size_t size = 0;  ///< Bytes that it takes, its last line feed included.
        std::string_view text; ///< Without that line feed, a carriage return before it, and NULs
            ///< before it, which are the hole of a file truncated under its writer.
        std::uint32_t level =
            0; ///< CMW_LEVEL_*: its own, else that of the record it goes on with, else INFO.
        bool continued = false; ///< It goes on with the record before, which was cut ...
        bool continues = false; ///< ... as this one was.
    };

    /// The record at the start of `bytes`, or nothing as long as its end cannot be told. Called with
    /// the same start until there is one; then with what is behind it.
    std::optional<Record> next(std::string_view bytes, Following following);

    /// The bytes of a call to come have nothing to do with those before: another file begins.
    void restart();

  private:
    std::optional<std::size_t> end_of_record(std::string_view bytes, Following following);
    Record make_record(std::string_view bytes, bool continued);

    const RecordRules& rules_;
    std::size_t record_bytes_;
    std::size_t line_ = 0;     ///< Where the line that is being looked at begins.
    std::size_t searched_ = 0; ///< Up to where no line feed was found.
    bool cut_ = false;         ///< The record before was, or the one that is being made.
    std::uint32_t level_;      ///< Of the record before.
};

} // namespace cmw::logs
