// SPDX-License-Identifier: Apache-2.0
#include "logs/record_rules.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace cmw::logs {

namespace {

constexpr std::string_view redacted = "[redacted]";
constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// Where the first byte is that is no UTF-8; the size if there is none.
std::size_t first_invalid(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        std::uint64_t eight = 0;
        if (at + 8 <= text.size()) {
            std::memcpy(&eight, text.data() + at, 8);
            if ((eight & 0x8080808080808080U) == 0) {
                at += 8;
                continue;
            }
        }
        const auto size = base::utf8_length(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
    return at;
}

/// Each byte that is part of no code point is replaced by one character.
std::optional<std::string> made_valid(std::string_view text, std::size_t limit) {
    auto invalid = first_invalid(text, 0);
    if (invalid == text.size()) return std::nullopt;
    std::size_t count = 0;
    for (auto at = invalid; at < text.size(); at = first_invalid(text, at + 1)) ++count;
    const bool fits = text.size() + count * (replacement.size() - 1) <= limit;
    std::string valid;
    valid.reserve(fits ? text.size() + count * (replacement.size() - 1) : text.size());
    std::size_t begin = 0;
    for (; invalid < text.size(); invalid = first_invalid(text, begin)) {
        valid += text.substr(begin, invalid - begin);
        valid += fits ? replacement : "?";
        begin = invalid + 1;
    }
    return valid += text.substr(begin);
}

} // namespace

std::size_t utf8_cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text.size();
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
    };
    for (auto cut = limit; cut > 0 && cut + 4 > limit; --cut)
        if (!continues(cut)) return cut;
    return limit;
}

std::size_t TextRules::overlap(std::size_t limit) {
    return std::min<std::size_t>(limit / 4, 4096);
}

std::size_t TextRules::cut(std::string_view text, std::size_t limit) const {
    if (redact_.empty()) return utf8_cut(text, limit);
    const auto window = overlap(limit);
    const auto middle = std::max<std::size_t>(utf8_cut(text, limit - window), 1);
    auto at = middle;
    const auto seen = text.substr(0, limit);
    for (const auto& pattern : redact_) {
        auto from = middle - std::min(middle, window);
        while (const auto match = pattern.search(seen, from)) {
            if (match->begin >= at) break;
            if (match->end > at && match->begin > 0) at = match->begin;
            from = std::max(match->end, match->begin + 1);
            if (from >= at) break;
        }
    }
    return at;
}

void TextRules::redact(std::string& text, const base::Pattern& pattern, std::size_t limit) const {
    std::vector<base::Pattern::Match> matches;
    std::size_t longer = 0;
    for (std::size_t from = 0; from <= text.size();) {
        const auto match = pattern.search(text, from);
        if (!match) break;
        if (match->group_end > match->group_begin) {
            matches.push_back(*match);
            const auto size = match->group_end - match->group_begin;
            longer += redacted.size() - std::min(redacted.size(), size);
        }
        from = std::max(match->end, match->begin + 1);
    }
    if (matches.empty()) return;
    const auto instead = text.size() + longer <= limit ? redacted : std::string_view("*");
    std::string changed;
    std::size_t begin = 0;
    for (const auto& match : matches) {
        changed.append(text, begin, match.group_begin - begin) += instead;
        begin = match.group_end;
    }
    text = changed.append(text, begin);
}

std::optional<std::string> TextRules::rewrite(std::string_view text, bool continued, bool continues,
                                              std::size_t limit) const {
    const auto marks =
        (continued ? continued_mark.size() : 0) + (continues ? continues_mark.size() : 0);
    const bool marked = marks > 0 && text.size() + marks <= limit;
    const auto room = marked ? limit - marks : limit;
    std::optional<std::string> changed;
    for (const auto& pattern : redact_) {
        if (!changed) {
            if (!pattern.search(text)) continue;
            changed.emplace(text);
        }
        redact(*changed, pattern, room);
    }
    if (changed && *changed == text) changed.reset(); // Only matches of nothing at all.
    if (replace_invalid_)
        if (auto valid = made_valid(changed ? *changed : text, room)) changed = std::move(*valid);
    if (!marked) return changed;
    if (!changed) changed.emplace(text);
    if (continued) changed->insert(0, continued_mark);
    if (continues) *changed += continues_mark;
    return changed;
}

base::Result<RecordRules> RecordRules::parse(const config::StreamSettings& stream) {
    RecordRules rules;
    auto event = EventRule::parse(stream.event);
    if (!event) return base::fail(event.error());
    rules.event = std::move(*event);
    if (stream.time != "read") {
        auto time = base::TimeFormat::parse(stream.time);
        if (!time) return base::fail(time.error());
        rules.time = std::move(*time);
    }
    std::vector<base::Pattern> redact;
    for (const auto& text : stream.redact) {
        auto pattern = base::Pattern::compile(text);
        if (!pattern) return base::fail(pattern.error());
        redact.push_back(std::move(*pattern));
    }
    rules.text = {std::move(redact), stream.replace_invalid};
    return rules;
}

} // namespace cmw::logs
