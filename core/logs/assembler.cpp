// SPDX-License-Identifier: Apache-2.0
#include "logs/assembler.hpp"

#include "logs/level.hpp"

#include <cmw/abi/plugin.h>

#include <algorithm>
#include <utility>

namespace cmw::logs {

namespace {

/// Room for the marks of a record that is cut is taken from those that are at least so long.
constexpr std::size_t least_marked = 256;

std::size_t without_marks(std::size_t record_bytes) {
    if (record_bytes < least_marked) return std::max<std::size_t>(record_bytes, 4);
    return record_bytes - continues_mark.size() - continued_mark.size();
}

} // namespace

Assembler::Assembler(const RecordRules& rules, std::size_t record_bytes)
    : rules_(rules), record_bytes_(without_marks(record_bytes)), level_(CMW_LEVEL_INFO) {}

void Assembler::restart() {
    line_ = searched_ = 0;
    cut_ = false;
    level_ = CMW_LEVEL_INFO;
}

std::optional<Assembler::Record> Assembler::next(std::string_view bytes, Following following) {
    const bool continued = std::exchange(cut_, false);
    const auto size = end_of_record(bytes, following);
    if (!size) {
        cut_ = continued;
        return std::nullopt;
    }
    auto record = make_record(bytes.substr(0, *size), continued);
    line_ = searched_ = 0;
    return record;
}

std::optional<std::size_t> Assembler::end_of_record(std::string_view bytes, Following following) {
    const auto& rule = rules_.event;
    while (true) {
        const auto feed = bytes.find('\n', std::max(line_, searched_));
        const bool found = feed != std::string_view::npos;
        const auto line_end = found ? feed : bytes.size();
        // The line feed, and a carriage return before it, do not count: they are not in the text.
        // A carriage return at the end of the bytes may be that one.
        const bool carriage_return = line_end > line_ && bytes[line_end - 1] == '\r';
        if (found && line_ > 0 && rule.begins_record(bytes.substr(line_, feed - line_)))
            return line_;
        if (line_end - (carriage_return ? 1 : 0) > record_bytes_) {
            cut_ = line_ == 0 || !rule.begins_record(bytes.substr(line_, line_end - line_));
            return line_ > 0 ? line_ : rules_.text.cut(bytes, record_bytes_);
        }
        if (!found) {
            searched_ = bytes.size();
            if (following == Following::nothing && !bytes.empty()) {
                // The last line has no line feed, but may still begin a record.
                if (line_ > 0 && line_ < bytes.size() && rule.begins_record(bytes.substr(line_)))
                    return line_;
                return bytes.size();
            }
            if (following == Following::silence && line_ > 0) return line_;
            return std::nullopt;
        }
        line_ = feed + 1;
        if (rule.kind() == EventRule::Kind::line) return line_;
    }
}

Assembler::Record Assembler::make_record(std::string_view bytes, bool continued) {
    Record record;
    record.size = bytes.size();
    record.continued = continued;
    record.continues = cut_;
    const bool whole = bytes.ends_with('\n');
    if (whole) bytes.remove_suffix(1);
    if (bytes.ends_with('\r') && (whole || bytes.size() > record_bytes_)) bytes.remove_suffix(1);
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    record.text = bytes;

    const auto own = continued ? std::nullopt : find_level(bytes);
    const bool goes_on = continued || rules_.event.kind() == EventRule::Kind::level_word;
    record.level = own ? *own : goes_on ? level_ : std::uint32_t{CMW_LEVEL_INFO};
    level_ = record.level;
    if (bytes.empty()) cut_ = record.continues = false; // A hole ends where the text begins.
    return record;
}

} // namespace cmw::logs
