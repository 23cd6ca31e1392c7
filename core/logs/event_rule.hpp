// SPDX-License-Identifier: Apache-2.0
//
// logs/event_rule.hpp - which lines begin a record ([log.X] event). "line": every line does.
// "level-word": one whose first word is INFO, WARN, DEBUG, ERROR, FATAL or TRACE; the lines after it
// join it. Any other text is a regular expression that such a line begins with. Pure.
#pragma once

#include "base/pattern.hpp"

#include <optional>
#include <string>
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
    std::optional<base::Pattern> first_line_;
};

} // namespace cmw::logs
