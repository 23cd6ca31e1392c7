// SPDX-License-Identifier: Apache-2.0
#include "log-backend/cloudwatch/events_json.hpp"
#include "shared/json_text.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <doctest/doctest.h>
#include <vector>

using namespace cmw::cloudwatch;
namespace shared = cmw::shared;

namespace {

struct Written {
    std::string json;
    std::size_t bytes;
};

Written write(std::string_view text) {
    // No more than what the text is allowed: sanitizers see the rest.
    std::vector<char> room(shared::json_room(text.size()));
    std::size_t bytes = 0;
    const auto* const end = shared::write_json_text(room.data(), text, bytes);
    return {std::string(room.data(), static_cast<std::size_t>(end - room.data())), bytes};
}

/// A body as it arrives.
struct Body {
    EventsJson json;
    std::string text;
    std::size_t pieces = 0;

    void begin(std::string_view group, std::string_view stream) {
        text.clear();
        pieces = 0;
        json.begin(group, stream, [this](std::string_view piece) {
            CHECK(!piece.empty());
            CHECK(piece.size() <= EventsJson::most_piece);
            text += piece;
            ++pieces;
        });
    }
    std::string finish() {
        json.finish();
        return text;
    }
};

} // namespace

TEST_CASE("a text becomes what stands in a JSON string") {
    const std::string bad = "\xEF\xBF\xBD";
    struct Row {
        std::string text;
        std::string json;
        std::size_t bytes; ///< That the service counts.
    };
    const Row rows[] = {
        {"", "", 0},
        {"plain", "plain", 5},
        {"\"quoted\" and \\", R"(\"quoted\" and \\)", 14},
        {"a\nb\rc\td", R"(a\nb\rc\td)", 7},
        {std::string("\0\x01\x1f\x7f", 4), "\\u0000\\u0001\\u001f\\u007f", 4},
        {"/ is not escaped", "/ is not escaped", 16},
        {"\u00e9\u20ac\U0001F600", "\u00e9\u20ac\U0001F600", 9},
        {"\xff", bad, 3},
        {"a\xC3", "a" + bad, 4},              // Cut off.
        {"\xC0\xAF", bad + bad, 6},           // Overlong.
        {"\xED\xA0\x80", bad + bad + bad, 9}, // A surrogate.
        {"\xF4\x90\x80\x80", bad + bad + bad + bad, 12},
        {"\xE2\x82x", bad + bad + "x", 7},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        // At every place in the blocks that are looked at as one.
        for (std::size_t before = 0; before < 40; ++before) {
            const auto filler = std::string(before, '-');
            for (const auto& after : {std::string(), std::string(33, '+')}) {
                const auto written = write(filler + row.text + after);
                CHECK(written.json == filler + row.json + after);
                CHECK(written.bytes == before + row.bytes + after.size());
                std::string appended = "<";
                for (const std::size_t far : {0U, 230U}) { // At the end of a piece, too.
                    shared::append_json_text(appended, std::string(far, '.') + filler + row.text);
                    CHECK(appended == "<" + std::string(far, '.') + filler + row.json);
                    appended = "<";
                }
            }
        }
    }
}

TEST_CASE("a request is the JSON that the service's model asks for") {
    Body body;
    auto& json = body.json;
    body.begin("a/group", "a \"stream\"");
    json.add(1, "one");
    json.add(1, "");
    json.add(-2, "t\xfehree");
    CHECK(json.message_bytes() == 3 + 1 + 8);
    CHECK(body.finish() ==
          R"({"logGroupName":"a/group","logStreamName":"a \"stream\"","logEvents":[)"
          R"({"timestamp":1,"message":"one"},{"timestamp":1,"message":" "},)"
          "{\"timestamp\":-2,\"message\":\"t\uFFFDhree\"}]}");
    body.begin("g", "s");
    CHECK(json.message_bytes() == 0);
    CHECK(body.finish() == R"({"logGroupName":"g","logStreamName":"s","logEvents":[]})");
}

TEST_CASE("a library reads back what was written, however much it is") {
    Body body;
    std::vector<std::string> messages;
    std::string text;
    for (int byte = 0; byte < 128; ++byte) text += static_cast<char>(byte);
    for (std::size_t size = 0; size < 300; ++size)
        messages.push_back(text + std::string(size, '"'));
    for (int round = 0; round < 2; ++round) { // The second time in the memory of the first.
        body.begin("g", "s");
        for (const auto& message : messages) body.json.add(1'600'000'000'000, message);
        const auto parsed =
            Poco::JSON::Parser().parse(body.finish()).extract<Poco::JSON::Object::Ptr>();
        const auto events = parsed->getArray("logEvents");
        REQUIRE(events->size() == messages.size());
        for (unsigned i = 0; i < messages.size(); ++i) {
            const auto event = events->getObject(i);
            CHECK(event->getValue<std::string>("message") == messages[i]);
            CHECK(event->getValue<std::int64_t>("timestamp") == 1'600'000'000'000);
        }
    }
}

TEST_CASE("a long message goes in pieces, none of which cuts a code point") {
    Body body;
    for (const std::size_t shift : {0U, 1U, 2U, 3U}) {
        std::string message(shift, '-');
        while (message.size() < 300'000) message += "\U0001F600\n";
        body.begin("g", "s");
        body.json.add(1, message);
        const auto parsed =
            Poco::JSON::Parser().parse(body.finish()).extract<Poco::JSON::Object::Ptr>();
        CHECK(body.pieces > 4);
        CHECK(body.json.message_bytes() == message.size());
        CHECK(parsed->getArray("logEvents")->getObject(0)->getValue<std::string>("message") ==
              message);
    }
}
