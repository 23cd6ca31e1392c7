// SPDX-License-Identifier: Apache-2.0
#include "log-backend/otlp/answer.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace cmw::otlp;
using Kind = cmw::shared::PostVerdict::Kind;

TEST_CASE("what a success says is read, in good and bad forms") {
    struct Row {
        std::string text;
        std::size_t rejected;
        bool says;
    };
    const Row rows[] = {
        {"", 0, false},
        {"{}", 0, false},
        {" {\n} ", 0, false},
        {R"({"partialSuccess":null})", 0, false},
        {R"({"partialSuccess":{}})", 0, false},
        {R"({"partialSuccess":{"rejectedLogRecords":"0","errorMessage":""}})", 0, false},
        {R"({"partialSuccess":{"rejectedLogRecords":0,"errorMessage":"use v2"}})", 0, true},
        {R"({"partialSuccess":{"errorMessage":"use v2"}})", 0, true},
        {R"({"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}})", 3, true},
        {R"({"partialSuccess":{"rejectedLogRecords":3}})", 3, false},
        {R"({"other":[1],"partialSuccess":{"rejectedLogRecords":"3","new":{}}})", 3, false},
        {R"({"partialSuccess":{"rejectedLogRecords":"9223372036854775807"}})",
         std::numeric_limits<std::int64_t>::max(), false},
        // Nobody can tell how many these are; none may be lost without a word.
        {R"({"partialSuccess":{"rejectedLogRecords":"-3"}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":-3}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":"3 or 4"}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":""}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":"99999999999999999999"}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":3.5}})", 1, false},
        {R"({"partialSuccess":{"rejectedLogRecords":[3],"errorMessage":["x"]}})", 1, false},
        {R"({"partialSuccess":"some"})", 1, false},
        {R"({"partialSuccess":[]})", 1, false}};
    for (const auto& [text, rejected, says] : rows) {
        CAPTURE(text);
        const auto answer = read_answer(text);
        REQUIRE(answer);
        CHECK(answer->rejected == rejected);
        CHECK(answer->says == says);
        CHECK(judge(200, text).kind == Kind::taken);
        CHECK(judge(200, text).rejected == rejected);
    }
    const std::string deep(1000, '[');
    for (const auto& text : std::vector<std::string>{
             "<html>log in</html>", "OK", "null", "[]", "3", "\"{}\"", "{", R"({"partialSuccess":)",
             deep, R"({"a":)" + deep, R"({"a":1e999999999999})", "\xff"}) {
        CAPTURE(text);
        CHECK_FALSE(read_answer(text));
        CHECK(judge(200, text).kind == Kind::failed);
    }
}

TEST_CASE("statuses are what HTTP and the specification mean by them") {
    for (const int status : {200, 202, 204}) CHECK(judge(status, "").kind == Kind::taken);
    for (const int status : {400, 413, 422}) CHECK(judge(status, "{}").kind == Kind::refused);
    for (const int status : {301, 401, 403, 404, 415, 429, 500, 502, 503, 504})
        CHECK(judge(status, R"({"partialSuccess":{"rejectedLogRecords":"3"}})").kind ==
              Kind::failed);
}
