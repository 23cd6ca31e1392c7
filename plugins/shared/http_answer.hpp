// SPDX-License-Identifier: Apache-2.0
//
// shared/http_answer.hpp - what to make of the head of an HTTP answer to a GET of a file or of the
// rest of one (RFC 9110). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cmw::shared {

/// The parts of the head that count; texts are "" if there are none.
struct HttpAnswer {
    int status = 0;
    std::string reason;
    std::string content_length;
    std::string content_range;
    std::string content_encoding;
    std::string location;
    std::string retry_after;
    std::string etag;
};

/// What to do next.
struct Step {
    enum Kind {
        take,     ///< The body holds the artifact from byte `from` on.
        complete, ///< There is nothing after byte `from`: all is here.
        anew,     ///< Ask again for all of it.
        redirect, ///< Ask at HttpAnswer::location.
        give_up,  ///< With `status` and `why`.
    };
    Kind kind = give_up;
    std::uint64_t from = 0;
    std::optional<std::uint64_t> total;
    std::int32_t status = 0; ///< CMW_*
    std::string why;         ///< "503 Service Unavailable"
    std::chrono::nanoseconds retry_after{};
};

/// `asked_from`: the first byte that was asked for, 0: all without a range.
/// `now`: seconds since the Unix epoch, for a Retry-After that is a date.
/// 412, which a request with If-Match gets when the file is another one by now, means `anew`.
Step judge(const HttpAnswer& answer, std::uint64_t asked_from, std::int64_t now);

/// A Retry-After: seconds, or a date; at most an hour. Nothing if it is neither.
std::chrono::nanoseconds parse_retry_after(const std::string& text, std::int64_t now);

/// Seconds since the Unix epoch of an HTTP date: "Wed, 21 Oct 2015 07:28:00 GMT".
std::optional<std::int64_t> parse_http_date(const std::string& text);

/// Seconds since the Unix epoch, now.
std::int64_t unix_seconds();

} // namespace cmw::shared
