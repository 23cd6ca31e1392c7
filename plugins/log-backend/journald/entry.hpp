// SPDX-License-Identifier: Apache-2.0
//
// journald/entry.hpp - a record as an entry of the journal's native protocol
// (systemd.io/JOURNAL_NATIVE_PROTOCOL). Pure.
#pragma once

#include <cmw/abi/log_backend.h>

#include <string>
#include <string_view>

namespace cmw::journald {

/// MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, SYSLOG_TIMESTAMP (the record's time, RFC 3339), CMW_STREAM
/// and CMW_SEQUENCE. Bytes are kept as they are.
std::string entry(const cmw_log_record& record, std::string_view identifier);

/// A field: "NAME=value", or with its length where the value holds a line feed.
void append_field(std::string& out, std::string_view name, std::string_view value);

/// 7 (debug) to 2 (critical).
unsigned priority(std::uint32_t level);

} // namespace cmw::journald
