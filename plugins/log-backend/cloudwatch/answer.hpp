// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/answer.hpp - what CloudWatch Logs answers, and what it means to an operator. Pure.
// Sources: "PutLogEvents" and "Common Errors", Amazon CloudWatch Logs API Reference; the protocol
// AWS JSON 1.1.
#pragma once

#include <cmw/error.hpp>

#include <optional>

namespace cmw::cloudwatch {

/// An answer, read whole.
struct Answer {
    int http = 0;
    std::string reason;     ///< "Bad Request"
    std::string error_type; ///< The header x-amzn-ErrorType; "": none.
    std::string body;
    std::chrono::nanoseconds retry_after{};
};

/// Events of a request that the service took and will never keep: not to be sent again.
struct Rejected {
    std::size_t too_old = 0; ///< Over 14 days.
    std::size_t expired = 0; ///< Older than the group's retention, and not counted as too old.
    std::size_t too_new = 0; ///< Over 2 hours in the future.
    std::size_t count() const { return too_old + expired + too_new; }
};

/// Of a PutLogEvents request with `events` events that was answered 200. Throws CMW_INVALID if the
/// body is no JSON object: then it was not CloudWatch that answered.
Rejected parse_rejected(const std::string& body, std::size_t events);

/// An answer other than 200.
struct Refusal {
    int http = 0;
    std::string reason;
    std::string code;    ///< "ResourceNotFoundException"; "": the answer does not say.
    std::string message; ///< The service's own words, without control characters.
    std::chrono::nanoseconds retry_after{};

    bool is(std::string_view wanted) const { return code == wanted; }
};

/// Nothing: it was done.
std::optional<Refusal> parse_refusal(const Answer& answer);

/// Whether it is the events that the service cannot take, or how many there are: the same bytes will
/// never do. Not if it is the names of the group or the stream.
bool is_about_events(const Refusal& refusal);

/// Whether the signature was made at a time that is not the service's.
bool is_about_time(const Refusal& refusal);

/// What was asked, and how.
struct Question {
    std::string operation; ///< "PutLogEvents"
    std::string target;    ///< "the stream a of the group b in us-west-1"
    std::string server;    ///< "https://host"
    std::string origin;    ///< Of the credentials.
};

/// What the refusal means and what to do about it.
Error explain(const Refusal& refusal, const Question& question);

} // namespace cmw::cloudwatch
