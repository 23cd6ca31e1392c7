// SPDX-License-Identifier: Apache-2.0
//
// control/json.hpp - writes JSON (RFC 8259) on one line, in the order of the calls. Texts that are
// not UTF-8 get U+FFFD in place of what is wrong: an answer is always valid. Reading is Poco's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cmw::control {

/// `text` in quotes.
std::string json_string(std::string_view text);

/// Commas come by themselves. Within an object: key() before each value.
class JsonWriter {
  public:
    JsonWriter& begin_object() { return begin('{'); }
    JsonWriter& end_object() { return end('}'); }
    JsonWriter& begin_array() { return begin('['); }
    JsonWriter& end_array() { return end(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& text(std::string_view value) { return raw(json_string(value)); }
    JsonWriter& text_or_null(std::string_view value) {
        return value.empty() ? null() : text(value);
    }
    JsonWriter& number(std::int64_t value) { return raw(std::to_string(value)); }
    JsonWriter& count(std::uint64_t value) { return raw(std::to_string(value)); }
    JsonWriter& seconds(double value); ///< To the millisecond.
    JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
    JsonWriter& null() { return raw("null"); }
    JsonWriter& texts(const std::vector<std::string>& values);
    JsonWriter& texts(const std::map<std::string, std::string>& values);

    const std::string& str() const noexcept { return out_; }

  private:
    JsonWriter& begin(char bracket);
    JsonWriter& end(char bracket);
    JsonWriter& raw(std::string_view value);
    void separate();

    std::string out_;
    bool needs_comma_ = false;
};

} // namespace cmw::control
