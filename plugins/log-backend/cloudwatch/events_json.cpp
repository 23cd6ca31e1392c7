// SPDX-License-Identifier: Apache-2.0
#include "events_json.hpp"

#include "shared/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace cmw::cloudwatch {

namespace {

/// Of a text at once; a larger one comes in parts.
constexpr std::size_t most_text = 4096;
static_assert(shared::json_room(most_text) < EventsJson::most_piece);

char* copy(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

} // namespace

void EventsJson::pass_on() {
    if (end_ != piece_.data()) sink_({piece_.data(), end_});
    end_ = piece_.data();
}

inline void EventsJson::make_room(std::size_t size) {
    if (static_cast<std::size_t>(piece_.data() + piece_.size() - end_) < size) pass_on();
}

inline void EventsJson::write(std::string_view plain) {
    make_room(plain.size());
    end_ = copy(end_, plain);
}

inline void EventsJson::write_text(std::string_view text, std::size_t& bytes) {
    while (text.size() > most_text) {
        const auto part = shared::utf8_part(text, most_text);
        make_room(shared::json_room(part));
        end_ = shared::write_json_text(end_, text.substr(0, part), bytes);
        text.remove_prefix(part);
    }
    make_room(shared::json_room(text.size()));
    end_ = shared::write_json_text(end_, text, bytes);
}

void EventsJson::begin(std::string_view group, std::string_view stream,
                       shared::HttpBody::Sink sink) {
    sink_ = std::move(sink);
    piece_.resize(most_piece);
    end_ = piece_.data();
    message_bytes_ = 0;
    event_begin_.clear();
    first_ = true;
    std::size_t ignored = 0;
    write(R"({"logGroupName":")");
    write_text(group, ignored);
    write(R"(","logStreamName":")");
    write_text(stream, ignored);
    write(R"(","logEvents":[)");
}

void EventsJson::begin_event(std::int64_t time_ms) {
    std::array<char, 24> number{};
    const auto [end, _] = std::to_chars(number.begin(), number.end(), time_ms);
    event_begin_ = R"({"timestamp":)";
    event_begin_.append(number.data(), end);
    event_begin_ += R"(,"message":")";
    time_ms_ = time_ms;
}

void EventsJson::add(std::int64_t time_ms, std::string_view message) {
    if (event_begin_.empty() || time_ms != time_ms_) begin_event(time_ms);
    if (message.empty()) message = " ";
    constexpr std::string_view close = "\"}";
    make_room(1 + event_begin_.size() + shared::json_room(std::min(message.size(), most_text)) +
              close.size());
    if (!std::exchange(first_, false)) *end_++ = ',';
    end_ = copy(end_, event_begin_);
    write_text(message, message_bytes_);
    write(close);
}

void EventsJson::finish() {
    write("]}");
    pass_on();
    sink_ = nullptr;
}

} // namespace cmw::cloudwatch
