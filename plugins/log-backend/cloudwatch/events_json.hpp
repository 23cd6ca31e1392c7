// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/events_json.hpp - the JSON of a PutLogEvents request, written by hand: nearly all the
// bytes that this plugin handles go through here, and a library would take longer over it than all
// the rest takes. Memory is allocated when a body is larger than any before it, not for a record.
// Pure. Source: RFC 8259; "PutLogEvents", Amazon CloudWatch Logs API Reference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cmw::cloudwatch {

/// Writes what stands between the quotes of a JSON string, and returns where it ends. Bytes that are
/// not UTF-8 become U+FFFD, each of them, for an operator to see. `out` must have json_room(size)
/// bytes. Adds to `bytes` what the text has as UTF-8, before escapes: what the service counts.
char* write_json_text(char* out, std::string_view text, std::size_t& bytes);

/// What a text of that size may take at most, with some bytes behind it that are written for speed.
constexpr std::size_t json_room(std::size_t size) {
    return 6 * size + 16;
}

class EventsJson {
  public:
    /// Begins anew, in the memory of the body before, for messages of so many bytes: without many
    /// escapes no more memory is needed than that takes.
    void begin(std::string_view group, std::string_view stream, std::size_t events = 0,
               std::size_t bytes = 0);

    /// An empty message, which the service does not take, is sent as one space.
    void add(std::int64_t time_ms, std::string_view message);

    /// Ends it. To be moved out and back for the sake of its memory.
    std::string& finish();

    /// UTF-8 of the messages so far.
    std::size_t message_bytes() const { return message_bytes_; }

  private:
    void make_room(std::size_t size);
    void write(std::string_view plain);
    void write_text(std::string_view text);
    void begin_event(std::int64_t time_ms);

    std::string body_;    ///< As large as its memory while it is written ...
    char* end_ = nullptr; ///< ... up to here.
    std::size_t message_bytes_ = 0;
    std::int64_t time_ms_ = 0; ///< Of the event before,
    std::string event_begin_;  ///< and how that began: most are of the same time.
};

} // namespace cmw::cloudwatch
