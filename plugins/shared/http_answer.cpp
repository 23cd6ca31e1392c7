// SPDX-License-Identifier: Apache-2.0
#include "shared/http_answer.hpp"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>
#include <algorithm>
#include <charconv>
#include <cmw/abi/plugin.h>
#include <string_view>

namespace cmw::shared {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
}

struct Range {
    std::optional<std::uint64_t> first; ///< None: "*", nothing of it is sent.
    std::optional<std::uint64_t> total;
};

/// "bytes 5-9/10", "bytes 5-9/*", "bytes */10".
std::optional<Range> parse_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    const auto slash = text.find('/');
    if (!text.starts_with(unit) || slash == text.npos) return std::nullopt;
    const auto range = text.substr(unit.size(), slash - unit.size());
    const auto first = number(range.substr(0, range.find('-')));
    if (!first && range != "*") return std::nullopt;
    return Range{first, number(text.substr(slash + 1))};
}

std::int32_t status_of(int status) {
    switch (status) {
    case 404:
    case 410:
        return CMW_NOT_FOUND;
    case 401:
    case 403:
    case 407:
        return CMW_DENIED;
    case 408:
    case 425:
    case 429:
        return CMW_AGAIN;
    default:
        return status >= 500 && status <= 599 ? CMW_AGAIN : CMW_FAILED;
    }
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Step take_range(const HttpAnswer& answer, std::uint64_t asked_from) {
    const auto range = parse_range(answer.content_range);
    if (range && range->first && *range->first == asked_from)
        return {.kind = Step::take, .from = asked_from, .total = range->total, .why = {}};
    return {.kind = Step::anew, .total = {}, .why = {}};
}

/// 416: nothing lies behind what is kept, because it is all, or because it is not this file's.
Step judge_unsatisfied(const HttpAnswer& answer, std::uint64_t asked_from) {
    const auto range = parse_range(answer.content_range);
    if (range && range->total == asked_from)
        return {.kind = Step::complete, .from = asked_from, .total = asked_from, .why = {}};
    return {.kind = Step::anew, .total = {}, .why = {}};
}

} // namespace

std::optional<std::int64_t> parse_http_date(const std::string& text) {
    Poco::DateTime date;
    int zone = 0;
    if (text.empty() ||
        !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, text, date, zone))
        return std::nullopt;
    return date.timestamp().epochTime();
}

std::chrono::nanoseconds parse_retry_after(const std::string& text, std::int64_t now) {
    // At most an hour, so that a slip of a server does not stop us for long.
    constexpr std::int64_t hour = 3600;
    if (const auto seconds = number(text))
        return std::chrono::seconds(std::min<std::uint64_t>(*seconds, hour));
    const auto date = parse_http_date(text);
    return std::chrono::seconds(date ? std::clamp<std::int64_t>(*date - now, 0, hour) : 0);
}

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Step judge(const HttpAnswer& answer, std::uint64_t asked_from, std::int64_t now) {
    const bool encoded = !answer.content_encoding.empty() && answer.content_encoding != "identity";
    if ((answer.status == 200 || answer.status == 206) && encoded)
        return {.total = {},
                .status = CMW_INVALID,
                .why = "it was sent encoded (" + answer.content_encoding + ")"};
    if (answer.status == 200)
        return {.kind = Step::take, .total = number(answer.content_length), .why = {}};
    if (answer.status == 206 && asked_from != 0) return take_range(answer, asked_from);
    if (answer.status == 416 && asked_from != 0) return judge_unsatisfied(answer, asked_from);
    if (answer.status == 412 && asked_from != 0)
        return {.kind = Step::anew, .total = {}, .why = {}};
    if (is_redirect(answer.status) && !answer.location.empty())
        return {.kind = Step::redirect, .total = {}, .why = {}};
    return {.total = {},
            .status = status_of(answer.status),
            .why = std::to_string(answer.status) + " " + answer.reason,
            .retry_after = parse_retry_after(answer.retry_after, now)};
}

} // namespace cmw::shared
