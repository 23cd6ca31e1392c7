// SPDX-License-Identifier: Apache-2.0
//
// Any text becomes a JSON string that a library reads, never larger than what is set aside for it,
// and what the service may answer is made sense of. The first byte says how far the text is from the
// start of a block.
#include "log-backend/cloudwatch/answer.hpp"
#include "log-backend/cloudwatch/events_json.hpp"
#include "shared/json_text.hpp"
#include "shared/utf8.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <cstdlib>

using namespace cmw::cloudwatch;

namespace {

/// What a message arrives as: byte by byte, without any of the encoder's haste.
std::string arriving(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto length = cmw::shared::utf8_length(text);
        out += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out.empty() ? " " : out;
}

void check_encoder(std::string_view text) {
    EventsJson json;
    std::string body;
    json.begin("group", text, [&](std::string_view piece) {
        if (piece.empty() || piece.size() > EventsJson::most_piece) std::abort();
        body += piece;
    });
    json.add(1, text);
    json.add(2, text);
    const auto wanted = arriving(text);
    if (json.message_bytes() != 2 * wanted.size()) std::abort();
    json.finish();
    if (body.size() > 3 * cmw::shared::json_room(text.size()) + 200) std::abort();
    const auto parsed = Poco::JSON::Parser().parse(body).extract<Poco::JSON::Object::Ptr>();
    const auto events = parsed->getArray("logEvents");
    for (const unsigned i : {0U, 1U})
        if (events->getObject(i)->getValue<std::string>("message") != wanted) std::abort();
}

void check_answer(const std::string& text) {
    const auto refusal = parse_refusal({400, text, text, text, {}});
    for (const char c : refusal->message)
        if (c < 0x20 || c > 0x7e) std::abort();
    if (explain(*refusal, {"PutLogEvents", "it", "server", "it"}).status() == CMW_OK) std::abort();
    try {
        if (parse_rejected(text, 10).count() > 10) std::abort();
    } catch (const cmw::Error&) {
        // It is no JSON.
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    check_encoder(std::string(data[0] % 32, '.') + text);
    check_answer(text);
    return 0;
}
