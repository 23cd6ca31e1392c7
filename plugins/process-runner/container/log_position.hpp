// SPDX-License-Identifier: Apache-2.0
//
// container/log_position.hpp - how far the log of a container has been copied, so that a host which
// comes later goes on there. Pure.
//
// Engines find entries by time alone, and several may have the same: those are counted. What was
// written to a file after its position was kept is found by comparing (Repeat).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmw::container {

/// A file as it was.
struct FileMark {
    std::uint64_t inode = 0; ///< 0: there was none.
    std::uint64_t size = 0;
    bool operator==(const FileMark&) const = default;
};

struct LogPosition {
    std::string container;    ///< Its id.
    std::int64_t time_ns = 0; ///< Of the last entry that is written; 0: none is.
    std::uint64_t count = 0;  ///< Entries with this very time that are written.
    FileMark output;
    FileMark errors;

    void advance(std::int64_t time);
    std::int64_t since() const { return time_ns / 1'000'000'000; } ///< Whole seconds, to ask from.
    bool operator==(const LogPosition&) const = default;
};

/// One line of fixed size, to be overwritten in one go.
std::string print_position(const LogPosition& position);
/// Nothing if it is not whole.
std::optional<LogPosition> parse_position(std::string_view line);

/// Says of the entries that are sent from position.since() on which ones are new.
class Skip {
  public:
    explicit Skip(const LogPosition& position)
        : time_(position.time_ns), left_(position.count), active_(position.count > 0) {}
    bool is_new(std::int64_t time);

  private:
    std::int64_t time_;
    std::uint64_t left_;
    bool active_;
};

/// What a file holds behind its mark: text that is taken once more is told from new text.
class Repeat {
  public:
    explicit Repeat(std::string behind = "") : behind_(std::move(behind)) {}
    /// The part of `text` that is not in the file yet.
    std::string_view new_part(std::string_view text);
    /// How much of it was not taken once more yet.
    std::size_t left() const { return behind_.size() - seen_; }

  private:
    std::string behind_;
    std::size_t seen_ = 0;
};

} // namespace cmw::container
