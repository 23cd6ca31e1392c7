// SPDX-License-Identifier: Apache-2.0
//
// What to make of the head of an HTTP answer (RFC 9110). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cmw::http {

/// The parts of the head that count; texts are "" if there are none.
struct Answer {
    int status = 0;
    std::string reason;
    std::string content_length;
    std::string content_range;
    std::string content_encoding;
    std::string location;
    std::string retry_after;
};

/// What to do next.
struct Step {
    enum Kind {
        take,     ///< The body holds the artifact from byte `from` on.
        complete, ///< There is nothing after byte `from`: all is here.
        anew,     ///< Ask again for all of it.
        redirect, ///< Ask at Answer::location.
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
Step judge(const Answer& answer, std::uint64_t asked_from, std::int64_t now);

} // namespace cmw::http
