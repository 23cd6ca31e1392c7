// SPDX-License-Identifier: Apache-2.0
//
// shared/record_text.hpp - a log record as a line: what file-like backends write. Pure.
#pragma once

#include <cmw/abi/log_backend.h>

#include <string>
#include <string_view>

namespace cmw::record_text {

/// "INFO"; a number that is no level is "INFO" too.
std::string_view level_name(std::uint32_t level);

/// RFC 3339 in UTC with milliseconds: "2026-01-01T00:00:00.000Z".
void append_time(std::string& out, std::int64_t time_ns);

/// A string of RFC 8259, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// One object and a line feed: {"time":..,"level":"INFO","stream":..,"sequence":..,"text":..}
void append_json(std::string& out, const cmw_log_record& record);

/// "2026-01-01T00:00:00.000Z INFO text" and a line feed.
void append_text(std::string& out, const cmw_log_record& record);

/// `text` with what would steer a terminal (all controls but tab and line feed) made visible: "\x1b".
void append_harmless(std::string& out, std::string_view text);

} // namespace cmw::record_text
