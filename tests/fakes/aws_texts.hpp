// SPDX-License-Identifier: Apache-2.0
//
// fakes/aws_texts.hpp - the texts and times of AWS's protocol, for the fakes of its services.
#pragma once

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>
#include <cstdint>
#include <string>

namespace cmw::test {

/// What stands between the first `from` and the next `to`; "" if it is not there.
inline std::string between(const std::string& text, const std::string& from,
                           const std::string& to) {
    const auto first = text.find(from);
    if (first == text.npos) return "";
    const auto start = first + from.size();
    return text.substr(start, text.find(to, start) - start);
}

/// Seconds since the epoch of "20150830T123600Z"; 0 if it is no time.
inline std::int64_t time_of(const std::string& amz_date) {
    Poco::DateTime date;
    int zone = 0;
    return Poco::DateTimeParser::tryParse("%Y%m%dT%H%M%S", amz_date, date, zone)
               ? date.timestamp().epochTime()
               : 0;
}

/// As in the header Date.
inline std::string http_date(std::int64_t seconds) {
    return Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(seconds),
                                           Poco::DateTimeFormat::HTTP_FORMAT);
}

} // namespace cmw::test
