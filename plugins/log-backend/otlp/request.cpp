// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include "shared/record_text.hpp"

#include <algorithm>
#include <utility>

namespace cmw::otlp {

namespace {

void append_attributes(std::string& out, const Attributes& attributes) {
    out += R"("attributes":[)";
    bool first = true;
    for (const auto& [name, value] : attributes) {
        if (value.empty()) continue;
        if (!std::exchange(first, false)) out += ',';
        out += R"({"key":)";
        record_text::append_json_string(out, name);
        out += R"(,"value":{"stringValue":)";
        record_text::append_json_string(out, value);
        out += "}}";
    }
    out += ']';
}

void append_record(std::string& out, const cmw_log_record& record) {
    // The field has no sign; 0 stands for a time that is not known.
    const auto time = std::max<std::int64_t>(record.time_ns, 0);
    out.append(R"({"timeUnixNano":")").append(std::to_string(time));
    out.append(R"(","severityNumber":)").append(std::to_string(severity_number(record.level)));
    out.append(R"(,"severityText":")").append(record_text::level_name(record.level));
    out += R"(","body":{"stringValue":)";
    record_text::append_json_string(out, {record.text.data, record.text.size});
    out += R"(},"attributes":[{"key":"cmw.sequence","value":{"intValue":")";
    out.append(std::to_string(record.sequence)).append(R"("}}]})");
}

} // namespace

std::uint32_t severity_number(std::uint32_t level) {
    constexpr std::uint32_t usual = CMW_LEVEL_INFO;
    return 1 + 4 * (level <= CMW_LEVEL_FATAL ? level : usual);
}

void append_request(std::string& out, const shared::Records& records, const Origin& origin) {
    out += R"({"resourceLogs":[{"resource":{)";
    append_attributes(out, origin.resource);
    out += R"(},"scopeLogs":[{"scope":{"name":"cmix-wrapper","version":)";
    record_text::append_json_string(out, origin.version);
    out += R"(},"logRecords":[)";
    bool first = true;
    for (const auto& record : records) {
        if (!std::exchange(first, false)) out += ',';
        append_record(out, record);
    }
    out += "]}]}]}";
}

} // namespace cmw::otlp
