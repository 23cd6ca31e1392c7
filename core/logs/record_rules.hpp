// SPDX-License-Identifier: Apache-2.0
//
// logs/record_rules.hpp - what makes a record of a stream's lines, and of its text what may leave
// the host. Pure.
//
// The text is changed in this order: what a redaction pattern describes becomes "[redacted]" (if
// the pattern has a group, what the group matched), bytes that are no UTF-8 become U+FFFD if the
// stream says so, and parts of a record that had to be cut are marked. No change makes a record
// longer than it may be: where it would, "*" and "?" stand in.
#pragma once

#include "base/pattern.hpp"
#include "base/time_format.hpp"
#include "config/settings.hpp"
#include "logs/event_rule.hpp"

#include <string>
#include <vector>

namespace cmw::logs {

/// What stands at the end of a record that goes on in the next one, and at the start of that.
inline constexpr std::string_view continues_mark = " [continues]";
inline constexpr std::string_view continued_mark = "[continued] ";

class TextRules {
  public:
    TextRules() = default;
    TextRules(std::vector<base::Pattern> redact, bool replace_invalid)
        : redact_(std::move(redact)), replace_invalid_(replace_invalid) {}

    /// The text as it leaves the host, if it is another; no longer than `limit`, which `text` and
    /// its marks keep to.
    std::optional<std::string> rewrite(std::string_view text, bool continued, bool continues,
                                       std::size_t limit) const;

    /// Where `text`, which is longer than `limit`, is cut: within it, between code points, and not
    /// within what is to be redacted if that is no longer than `overlap(limit)`.
    std::size_t cut(std::string_view text, std::size_t limit) const;
    static std::size_t overlap(std::size_t limit);

  private:
    void redact(std::string& text, const base::Pattern& pattern, std::size_t limit) const;

    std::vector<base::Pattern> redact_;
    bool replace_invalid_ = false;
};

/// All of a stream's.
struct RecordRules {
    EventRule event;
    std::optional<base::TimeFormat> time; ///< Nothing: a record's time is when it was read.
    TextRules text;

    /// The problem is what the configuration's check has missed.
    static base::Result<RecordRules> parse(const config::StreamSettings& stream);
};

/// The largest size up to `limit` at which `text` can be cut without splitting a code point; `limit`
/// if it is no UTF-8 there.
std::size_t utf8_cut(std::string_view text, std::size_t limit);

} // namespace cmw::logs
