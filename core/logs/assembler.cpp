// SPDX-License-Identifier: Apache-2.0
#include "logs/assembler.hpp"

#include <cmw/abi/plugin.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cmw::logs {

base::Result<EventRule> EventRule::parse(const std::string& text) {
    EventRule rule;
    if (text == "line") return rule;
    if (text == "level-word") {
        rule.kind_ = Kind::level_word;
        return rule;
    }
    try {
        rule.kind_ = Kind::pattern;
        rule.first_line_ = std::regex(text, std::regex::ECMAScript | std::regex::optimize);
        return rule;
    } catch (const std::regex_error& error) {
        return base::fail("",
                          "cannot read the regular expression \"" + text + "\": " + error.what(),
                          "write \"line\", \"level-word\" or an ECMAScript regular expression");
    }
}

bool EventRule::begins_record(std::string_view line) const {
    switch (kind_) {
    case Kind::line:
        return true;
    case Kind::level_word:
        return level_word(line).has_value();
    case Kind::pattern:
        break;
    }
    // std::regex recurses for each character it repeats over: only the start of a line is looked at.
    const auto start = line.substr(0, 512);
    try {
        return std::regex_search(start.begin(), start.end(), first_line_,
                                 std::regex_constants::match_continuous);
    } catch (const std::regex_error&) {
        return true; // Too complex for this line: it stands alone.
    }
}

std::optional<std::uint32_t> level_word(std::string_view line) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> words{
        {{"INFO", CMW_LEVEL_INFO},
         {"WARN", CMW_LEVEL_WARN},
         {"DEBUG", CMW_LEVEL_DEBUG},
         {"ERROR", CMW_LEVEL_ERROR},
         {"FATAL", CMW_LEVEL_FATAL},
         {"TRACE", CMW_LEVEL_TRACE}}};
    for (const auto& [word, level] : words) {
        if (!line.starts_with(word)) continue;
        if (line.size() == word.size()) return level;
        const char after = line[word.size()];
        if (after == ' ' || after == '\t' || after == ':' || after == '\r') return level;
    }
    return std::nullopt;
}

std::size_t utf8_cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text.size();
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
    };
    for (auto cut = limit; cut > 0 && cut + 4 > limit; --cut)
        if (!continues(cut)) return cut;
    return limit;
}

Assembler::Assembler(const EventRule& rule, std::size_t record_bytes)
    : rule_(rule), record_bytes_(std::max<std::size_t>(record_bytes, 4)), level_(CMW_LEVEL_INFO) {}

void Assembler::restart() {
    line_ = searched_ = 0;
    within_line_ = false;
    level_ = CMW_LEVEL_INFO;
}

std::optional<Assembler::Record> Assembler::next(std::string_view bytes, Following following) {
    const auto size = end_of_record(bytes, following);
    if (!size) return std::nullopt;
    auto record = make_record(bytes.substr(0, *size));
    line_ = searched_ = 0;
    return record;
}

std::optional<std::size_t> Assembler::end_of_record(std::string_view bytes, Following following) {
    while (true) {
        const auto feed = bytes.find('\n', std::max(line_, searched_));
        const bool found = feed != std::string_view::npos;
        const auto line_end = found ? feed : bytes.size();
        // The line feed, and a carriage return before it, do not count: they are not in the text.
        // A carriage return at the end of the bytes may be that one.
        const bool carriage_return = line_end > line_ && bytes[line_end - 1] == '\r';
        if (found && line_ > 0 && rule_.begins_record(bytes.substr(line_, feed - line_)))
            return line_;
        if (line_end - (carriage_return ? 1 : 0) > record_bytes_)
            return line_ > 0 ? line_ : utf8_cut(bytes, record_bytes_);
        if (!found) {
            searched_ = bytes.size();
            if (following == Following::nothing && !bytes.empty()) {
                // The last line has no line feed, but may still begin a record.
                if (line_ > 0 && line_ < bytes.size() && rule_.begins_record(bytes.substr(line_)))
                    return line_;
                return bytes.size();
            }
            if (following == Following::silence && line_ > 0) return line_;
            return std::nullopt;
        }
        line_ = feed + 1;
        if (rule_.kind() == EventRule::Kind::line) return line_;
    }
}

Assembler::Record Assembler::make_record(std::string_view bytes) {
    Record record;
    record.size = bytes.size();
    const bool whole = bytes.ends_with('\n');
    if (whole) bytes.remove_suffix(1);
    if (bytes.ends_with('\r') && (whole || bytes.size() > record_bytes_)) bytes.remove_suffix(1);
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    record.text = bytes;

    const auto own = within_line_ ? std::nullopt : level_word(bytes);
    const bool goes_on = within_line_ || rule_.kind() == EventRule::Kind::level_word;
    record.level = own ? *own : goes_on ? level_ : std::uint32_t{CMW_LEVEL_INFO};
    level_ = record.level;
    within_line_ = !whole;
    return record;
}

} // namespace cmw::logs
