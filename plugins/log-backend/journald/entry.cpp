// SPDX-License-Identifier: Apache-2.0
#include "entry.hpp"

#include "shared/record_text.hpp"

#include <array>

namespace cmw::journald {

unsigned priority(std::uint32_t level) {
    static constexpr std::array<unsigned, 6> of_level{7, 7, 6, 4, 3, 2};
    return level < of_level.size() ? of_level.at(level) : of_level[CMW_LEVEL_INFO];
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    if (value.find('\n') == value.npos) {
        out.append("=").append(value) += '\n';
        return;
    }
    out += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) // 64 bits, little endian.
        out += static_cast<char>(std::uint64_t{value.size()} >> shift & 0xFF);
    out.append(value) += '\n';
}

std::string entry(const cmw_log_record& record, std::string_view identifier) {
    std::string out;
    out.reserve(record.text.size + 256);
    std::string time;
    record_text::append_time(time, record.time_ns);
    append_field(out, "PRIORITY", std::to_string(priority(record.level)));
    append_field(out, "SYSLOG_IDENTIFIER", identifier);
    append_field(out, "SYSLOG_TIMESTAMP", time);
    append_field(out, "CMW_STREAM", {record.stream.data, record.stream.size});
    append_field(out, "CMW_SEQUENCE", std::to_string(record.sequence));
    append_field(out, "MESSAGE", {record.text.data, record.text.size});
    return out;
}

} // namespace cmw::journald
