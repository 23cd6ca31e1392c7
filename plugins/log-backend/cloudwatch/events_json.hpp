// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/events_json.hpp - the JSON of a PutLogEvents request, written by hand for speed
// (shared/json_text.hpp), in pieces: a body is never in memory as a whole, and a piece is still in the
// processor's cache when it is signed or sent. Source: "PutLogEvents", Amazon CloudWatch Logs API
// Reference.
#pragma once

#include "shared/http_body.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cmw::cloudwatch {

/// For one thread. Allocates nothing for a record, and for a body no more than once.
class EventsJson {
  public:
    /// No piece is larger.
    static constexpr std::size_t most_piece = std::size_t{64} * 1024;

    /// Begins a body, which goes to `sink`.
    void begin(std::string_view group, std::string_view stream, shared::HttpBody::Sink sink);

    /// An empty message, which the service does not take, is sent as one space.
    void add(std::int64_t time_ms, std::string_view message);

    /// Ends it: the sink has all of it.
    void finish();

    /// UTF-8 of the messages so far.
    std::size_t message_bytes() const { return message_bytes_; }

  private:
    void make_room(std::size_t size);
    void pass_on();
    void write(std::string_view plain);
    void write_text(std::string_view text, std::size_t& bytes);
    void begin_event(std::int64_t time_ms);

    shared::HttpBody::Sink sink_;
    std::vector<char> piece_; ///< Written ...
    char* end_ = nullptr;     ///< ... up to here.
    std::size_t message_bytes_ = 0;
    std::int64_t time_ms_ = 0; ///< Of the event before,
    std::string event_begin_;  ///< and how that began: most are of the same time.
    bool first_ = true;        ///< There was none before.
};

} // namespace cmw::cloudwatch
