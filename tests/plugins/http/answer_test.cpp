// SPDX-License-Identifier: Apache-2.0
#include "shared/http_answer.hpp"

#include <cmw/abi/plugin.h>
#include <doctest/doctest.h>
#include <vector>

using namespace cmw::shared;
using namespace std::chrono_literals;

namespace {

HttpAnswer ok(int status, const std::string& length, const std::string& range = {}) {
    return {.status = status,
            .reason = {},
            .content_length = length,
            .content_range = range,
            .content_encoding = {},
            .location = {},
            .retry_after = {},
            .etag = {}};
}

HttpAnswer failed(int status, const std::string& retry_after = {}) {
    return {.status = status,
            .reason = "Why",
            .content_length = {},
            .content_range = {},
            .content_encoding = {},
            .location = {},
            .retry_after = retry_after,
            .etag = {}};
}

} // namespace

TEST_CASE("a body is taken from where it begins") {
    struct Row {
        HttpAnswer answer;
        std::uint64_t asked_from;
        Step::Kind kind;
        std::uint64_t from;
        std::optional<std::uint64_t> total;
    };
    const std::vector<Row> table{
        {ok(200, "10"), 0, Step::take, 0, 10},
        {ok(200, "10"), 5, Step::take, 0, 10}, // It does not know ranges.
        {ok(200, ""), 0, Step::take, 0, std::nullopt},
        {ok(200, "-1"), 0, Step::take, 0, std::nullopt},
        {ok(200, "99999999999999999999"), 0, Step::take, 0, std::nullopt},
        {ok(206, "5", "bytes 5-9/10"), 5, Step::take, 5, 10},
        {ok(206, "5", "bytes 5-9/*"), 5, Step::take, 5, std::nullopt},
        {ok(206, "5", "bytes 4-9/10"), 5, Step::anew, 0, std::nullopt},
        {ok(206, "5", "bytes */10"), 5, Step::anew, 0, std::nullopt},
        {ok(206, "5", "items 5-9/10"), 5, Step::anew, 0, std::nullopt},
        {ok(206, "5", ""), 5, Step::anew, 0, std::nullopt},
        {ok(206, "5", "bytes 0-4/10"), 0, Step::give_up, 0, std::nullopt}, // Not asked for.
        {ok(416, "0", "bytes */5"), 5, Step::complete, 5, 5},
        {ok(416, "0", "bytes */4"), 5, Step::anew, 0, std::nullopt},
        {ok(416, "0"), 5, Step::anew, 0, std::nullopt},
        {ok(416, "0"), 0, Step::give_up, 0, std::nullopt},
        {ok(412, "0"), 5, Step::anew, 0, std::nullopt}, // If-Match: it is another file by now.
        {ok(412, "0"), 0, Step::give_up, 0, std::nullopt},
    };
    for (const auto& row : table) {
        CAPTURE(row.answer.status);
        CAPTURE(row.answer.content_range);
        CAPTURE(row.asked_from);
        const auto step = judge(row.answer, row.asked_from, 0);
        CHECK(step.kind == row.kind);
        CHECK(step.from == row.from);
        CHECK(step.total == row.total);
    }
}

TEST_CASE("a refusal tells the host what to do") {
    struct Row {
        int http;
        std::int32_t status;
    };
    for (const auto& [http, status] : std::vector<Row>{{404, CMW_NOT_FOUND},
                                                       {410, CMW_NOT_FOUND},
                                                       {401, CMW_DENIED},
                                                       {403, CMW_DENIED},
                                                       {407, CMW_DENIED},
                                                       {408, CMW_AGAIN},
                                                       {429, CMW_AGAIN},
                                                       {500, CMW_AGAIN},
                                                       {503, CMW_AGAIN},
                                                       {599, CMW_AGAIN},
                                                       {400, CMW_FAILED},
                                                       {418, CMW_FAILED},
                                                       {204, CMW_FAILED},
                                                       {304, CMW_FAILED},
                                                       {302, CMW_FAILED},
                                                       {600, CMW_FAILED}}) {
        CAPTURE(http);
        const auto step = judge(failed(http), 0, 0);
        CHECK(step.kind == Step::give_up);
        CHECK(step.status == status);
        CHECK(step.why == std::to_string(http) + " Why");
    }
}

TEST_CASE("Retry-After is seconds or a date, an hour at most") {
    const std::int64_t now = 1'445'412'470; // Wed, 21 Oct 2015 07:27:50 GMT
    struct Row {
        const char* text;
        std::chrono::nanoseconds expected;
    };
    for (const auto& [text, expected] : std::vector<Row>{{"", 0s},
                                                         {"7", 7s},
                                                         {"86400", 1h},
                                                         {"99999999999999999999", 0s},
                                                         {"-5", 0s},
                                                         {"soon", 0s},
                                                         {"Wed, 21 Oct 2015 07:28:00 GMT", 10s},
                                                         {"Wed, 21 Oct 2015 07:00:00 GMT", 0s},
                                                         {"Fri, 21 Oct 2016 07:00:00 GMT", 1h}}) {
        CAPTURE(text);
        CHECK(judge(failed(503, text), 0, now).retry_after == expected);
    }
}

TEST_CASE("an encoded body is not taken for the file") {
    auto answer = ok(200, "10");
    answer.content_encoding = "gzip";
    const auto step = judge(answer, 0, 0);
    CHECK(step.kind == Step::give_up);
    CHECK(step.status == CMW_INVALID);
    answer.content_encoding = "identity";
    CHECK(judge(answer, 0, 0).kind == Step::take);
}
