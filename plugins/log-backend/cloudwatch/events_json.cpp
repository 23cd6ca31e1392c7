// SPDX-License-Identifier: Apache-2.0
#include "events_json.hpp"

#include "shared/utf8.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace cmw::cloudwatch {

namespace {

/// A vector of the compiler's: SSE2, NEON or what the machine has.
using Block = signed char __attribute__((vector_size(16)));

/// How many bytes of the block go into a JSON string as they are, from its start. Bytes over 0x7f
/// are negative, so one comparison finds them and the control characters.
std::size_t plain_bytes(Block block) {
    const Block special = (block < 0x20) | (block == '"') | (block == '\\');
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(special);
    if ((words[0] | words[1]) == 0) return sizeof block;
    if constexpr (std::endian::native != std::endian::little) return 0; // One by one, then.
    const auto first = words[0] != 0 ? std::countr_zero(words[0]) : 64 + std::countr_zero(words[1]);
    return static_cast<std::size_t>(first) / 8;
}

char* copy(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* write_escape(char* out, unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    *out++ = '\\';
    switch (byte) {
    case '"':
    case '\\':
        *out++ = static_cast<char>(byte);
        return out;
    case '\n':
        *out++ = 'n';
        return out;
    case '\r':
        *out++ = 'r';
        return out;
    case '\t':
        *out++ = 't';
        return out;
    default:
        out = copy(out, "u00");
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
        return out;
    }
}

} // namespace

char* write_json_text(char* out, std::string_view text, std::size_t& bytes) {
    bytes += text.size();
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        if (static_cast<std::size_t>(end - at) >= sizeof(Block)) {
            Block block;
            std::memcpy(&block, at, sizeof block);
            std::memcpy(out, &block, sizeof block);
            const auto plain = plain_bytes(block);
            at += plain;
            out += plain;
            if (plain == sizeof block) continue;
        }
        const auto byte = static_cast<unsigned char>(*at);
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            out = write_escape(out, byte);
            ++at;
        } else if (byte < 0x80) {
            *out++ = *at++;
        } else if (const auto length =
                       shared::utf8_length({at, static_cast<std::size_t>(end - at)})) {
            out = copy(out, {at, length});
            at += length;
        } else {
            constexpr std::string_view replacement = "\xEF\xBF\xBD";
            out = copy(out, replacement);
            bytes += replacement.size() - 1;
            ++at;
        }
    }
    return out;
}

void EventsJson::make_room(std::size_t size) {
    const auto used = static_cast<std::size_t>(end_ - body_.data());
    if (body_.size() - used >= size) return;
    body_.resize(std::max(body_.size() + body_.size() / 4, used + size));
    end_ = body_.data() + used;
}

void EventsJson::write(std::string_view plain) {
    make_room(plain.size());
    end_ = copy(end_, plain);
}

void EventsJson::write_text(std::string_view text) {
    make_room(json_room(text.size()));
    std::size_t ignored = 0;
    end_ = write_json_text(end_, text, ignored);
}

void EventsJson::begin(std::string_view group, std::string_view stream, std::size_t events,
                       std::size_t bytes) {
    constexpr std::size_t around_event = 48;
    constexpr std::size_t ahead = 16 * 1024; // Room for a message that may be all escapes.
    body_.reserve(bytes + events * around_event + ahead);
    body_.resize(body_.capacity());
    end_ = body_.data();
    message_bytes_ = 0;
    event_begin_.clear();
    write(R"({"logGroupName":")");
    write_text(group);
    write(R"(","logStreamName":")");
    write_text(stream);
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
    constexpr std::string_view close = "\"},";
    make_room(event_begin_.size() + json_room(message.size()) + close.size());
    end_ = copy(end_, event_begin_);
    end_ = write_json_text(end_, message, message_bytes_);
    end_ = copy(end_, close);
}

std::string& EventsJson::finish() {
    if (!event_begin_.empty()) --end_; // The last comma.
    write("]}");
    body_.resize(static_cast<std::size_t>(end_ - body_.data()));
    return body_;
}

} // namespace cmw::cloudwatch
