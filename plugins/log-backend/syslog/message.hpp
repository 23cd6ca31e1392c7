// SPDX-License-Identifier: Apache-2.0
//
// syslog/message.hpp - a record as syslog messages: RFC 5424, or RFC 3164 for old receivers. Pure.
//
// A record becomes one message, or several with the same header where its text is too long; they
// are cut between characters. Texts are sent without a byte order mark (MSG-ANY of RFC 5424).
#pragma once

#include <cmw/abi/log_backend.h>

#include <string>
#include <string_view>
#include <vector>

namespace cmw::syslog {

struct MessageRules {
    enum class Form { rfc5424, rfc3164, rfc3164_local };
    enum class Framing {
        none,           ///< A datagram each.
        octet_counting, ///< "LENGTH MESSAGE", RFC 6587, 3.4.1 and RFC 5425.
        line_feed,      ///< Ended by a line feed, RFC 6587, 3.4.2.
        nul,            ///< Ended by NUL, as the C library does it.
    };

    Form form = Form::rfc5424; ///< rfc3164_local: without a host name, as syslog(3) writes it.
    Framing framing = Framing::none;
    unsigned facility = 3;
    std::string hostname;
    std::string app_name;
    std::string structured_id; ///< SD-ID, "cmw@32473"; "": no structured data.
    bool escape = true;        ///< Control bytes as "#012": RFC 5424, 6.4 wants none to be sent.
    std::size_t max_size = 0;  ///< Of a message in bytes, without its frame.
};

/// Messages one after the other, in their frames.
struct Messages {
    std::string bytes;
    std::vector<std::size_t> ends; ///< Of each in `bytes`.
};

void append(Messages& out, const cmw_log_record& record, const MessageRules& rules);

/// What a header takes at most while the stream's name has 64 bytes or less.
std::size_t header_size(const MessageRules& rules);

/// Severity of RFC 5424, table 2.
unsigned severity(std::uint32_t level);

/// The number of a facility's name (RFC 5424, table 1); 24 if it is none.
unsigned facility_number(std::string_view name);

/// Whether it can be an SD-ID: "name@number".
bool is_structured_id(std::string_view id);

} // namespace cmw::syslog
