// SPDX-License-Identifier: Apache-2.0
#include "logs/event_rule.hpp"

#include "logs/level.hpp"

#include <algorithm>

namespace cmw::logs {

base::Result<EventRule> EventRule::parse(const std::string& text) {
    EventRule rule;
    if (text == "line") return rule;
    if (text == "level-word") {
        rule.kind_ = Kind::level_word;
        return rule;
    }
    auto pattern = base::Pattern::compile(text);
    if (!pattern) return base::fail(pattern.error());
    rule.kind_ = Kind::pattern;
    rule.first_line_ = std::move(*pattern);
    return rule;
}

bool EventRule::begins_record(std::string_view line) const {
    if (kind_ == Kind::line) return true;
    // NULs before it are a hole in the file.
    if (line.starts_with('\0'))
        line.remove_prefix(std::min(line.find_first_not_of('\0'), line.size()));
    return kind_ == Kind::level_word ? level_word(line).has_value() : first_line_->begins(line);
}

} // namespace cmw::logs
