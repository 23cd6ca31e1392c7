// SPDX-License-Identifier: Apache-2.0
#include "commands/strict_json.hpp"

#include "base/text.hpp"

#include <Poco/JSON/JSONException.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>
#include <set>

namespace cmw::commands {

namespace {

constexpr std::size_t max_depth = 8;

/// Builds the values as Poco does, and does not let the last of two names win.
class Handler final : public Poco::JSON::ParseHandler {
  public:
    void startObject() override {
        names_.emplace_back();
        ParseHandler::startObject();
    }
    void endObject() override {
        names_.pop_back();
        ParseHandler::endObject();
    }
    void key(const std::string& name) override {
        if (!names_.back().insert(name).second)
            throw Poco::JSON::JSONException(fmt::format("\"{}\" stands in it twice", name));
        ParseHandler::key(name);
    }

  private:
    std::vector<std::set<std::string>> names_;
};

/// What is wrong with it as text; "" if nothing is.
std::string_view fault_of(std::string_view text) {
    while (!text.empty()) {
        const auto length = base::utf8_length(text);
        if (length == 0) return "it is not UTF-8";
        if (const auto c = static_cast<unsigned char>(text.front()); (c < 0x20 && c != '\t'))
            return "it has a control character";
        text.remove_prefix(length);
    }
    return {};
}

/// Whether `text` ends with the brace that closes its first one, and nests no deeper than it may.
/// Poco's reader stops at that brace, whatever follows it.
std::string_view shape_of(std::string_view text) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_depth) return "it nests too deep";
        } else if (c == '}' || c == ']') {
            if (depth == 0) return "it closes what it did not open";
            if (--depth == 0 && i + 1 != text.size()) return "something stands behind its end";
        }
    }
    return depth == 0 && !quoted ? std::string_view{} : "it is cut short";
}

} // namespace

base::Result<Poco::JSON::Object::Ptr> parse_strictly(std::string_view text) {
    const auto refused = [](std::string_view why) {
        return base::fail("", fmt::format("cannot read the JSON: {}", why));
    };
    if (const auto fault = fault_of(text); !fault.empty()) return refused(fault);
    if (!text.starts_with('{')) return refused("it is no object");
    if (const auto fault = shape_of(text); !fault.empty()) return refused(fault);
    try {
        Poco::JSON::Parser parser(new Handler);
        parser.setDepth(max_depth);
        return parser.parse(std::string(text)).extract<Poco::JSON::Object::Ptr>();
    } catch (const Poco::Exception& error) {
        return refused(error.message().empty() ? "it is not valid" : error.message());
    }
}

} // namespace cmw::commands
