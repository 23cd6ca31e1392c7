// SPDX-License-Identifier: Apache-2.0
//
// otlp/request.hpp - a batch as the body of an OTLP/HTTP request, in OTLP's JSON. Pure.
#pragma once

#include "shared/batch_post.hpp"

#include <map>
#include <string>
#include <string_view>

namespace cmw::otlp {

using Attributes = std::map<std::string, std::string>;

/// Whose the records are, and the version of what wrote the request.
struct Origin {
    Attributes resource; ///< Those with an empty value are left out.
    std::string_view version;
};

/// Bytes of a log record beside its text, about.
inline constexpr std::uint32_t record_overhead = 200;

/// An ExportLogsServiceRequest: one resource, one scope "cmix-wrapper", a log record for each
/// record, in order, with the attribute "cmw.sequence". Bytes that are not UTF-8 become U+FFFD.
/// Source: OTLP 1.10, "JSON Protobuf Encoding" (names in lowerCamelCase, enums as numbers, 64-bit
/// integers as strings), and opentelemetry/proto/collector/logs/v1/logs_service.proto.
void append_request(std::string& out, const shared::Records& records, const Origin& origin);

/// The SeverityNumber of a level: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21; a number
/// that is no level is INFO. Source: opentelemetry.io, "Logs Data Model", SeverityNumber.
std::uint32_t severity_number(std::uint32_t level);

} // namespace cmw::otlp
