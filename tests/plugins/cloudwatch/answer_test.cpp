// SPDX-License-Identifier: Apache-2.0
#include "log-backend/cloudwatch/answer.hpp"

#include "support/fetch_outcome.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::cloudwatch;
using cmw::test::outcome_of;

TEST_CASE("rejected events are counted: ends are exclusive, the start is inclusive") {
    struct Row {
        const char* info;
        std::size_t too_old, expired, too_new;
    };
    const Row rows[] = {
        {"{}", 0, 0, 0},
        {R"({"tooOldLogEventEndIndex": 3})", 3, 0, 0},
        {R"({"expiredLogEventEndIndex": 2})", 0, 2, 0},
        {R"({"tooNewLogEventStartIndex": 7})", 0, 0, 3},
        {R"({"tooNewLogEventStartIndex": 0})", 0, 0, 10},
        {R"({"tooNewLogEventStartIndex": 9})", 0, 0, 1},
        {R"({"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 4,
             "tooNewLogEventStartIndex": 8})",
         1, 3, 2},
        {R"({"tooOldLogEventEndIndex": 4, "expiredLogEventEndIndex": 2})", 4, 0, 0},
        // What cannot be.
        {R"({"tooOldLogEventEndIndex": 99, "tooNewLogEventStartIndex": 2})", 10, 0, 0},
        {R"({"tooOldLogEventEndIndex": -5, "tooNewLogEventStartIndex": -5})", 0, 0, 10},
        {R"({"tooOldLogEventEndIndex": "many", "tooNewLogEventStartIndex": null})", 0, 0, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.info);
        const auto got =
            parse_rejected(std::string(R"({"rejectedLogEventsInfo": )") + row.info + "}", 10);
        CHECK(got.too_old == row.too_old);
        CHECK(got.expired == row.expired);
        CHECK(got.too_new == row.too_new);
    }
    CHECK(parse_rejected("{}", 10).count() == 0);
    CHECK(parse_rejected(R"({"rejectedLogEventsInfo": null})", 10).count() == 0);
}

TEST_CASE("a body that is no JSON object did not come from the service") {
    for (const auto* body : {"", "<html>", "[]", "\"text\"", "{", "17", "null"}) {
        CAPTURE(body);
        CHECK(outcome_of([&] { parse_rejected(body, 1); }).status == CMW_INVALID);
    }
    const std::string deep(100'000, '[');
    CHECK(outcome_of([&] { parse_rejected(deep, 1); }).status == CMW_INVALID);
}

TEST_CASE("what a refusal is called stands in the body or in a header") {
    struct Row {
        Answer answer;
        const char* code;
        const char* message;
    };
    const Row rows[] = {
        {{400, "Bad Request", "", R"({"__type":"com.amazonaws.logs#ThrottlingException"})", {}},
         "ThrottlingException",
         ""},
        {{400, "Bad Request", "", R"({"__type":"ThrottlingException","message":"Rate"})", {}},
         "ThrottlingException",
         "Rate"},
        {{400, "Bad Request", "ExpiredTokenException:http://x/", R"({"Message":"a\nb"})", {}},
         "ExpiredTokenException",
         "a?b"},
        {{503, "Slow Down", "", "<html>", {}}, "", ""},
        {{400, "Bad Request", "", R"({"__type":17,"message":{}})", {}}, "", ""},
        {{400, "Bad Request", "", R"({"__type":"<script>"})", {}}, "", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.answer.body);
        const auto refusal = parse_refusal(row.answer);
        REQUIRE(refusal);
        CHECK(refusal->code == row.code);
        CHECK(refusal->message == row.message);
    }
    CHECK_FALSE(parse_refusal({200, "OK", "", "", {}}));
}

TEST_CASE("only what is said of events leads to leaving one out") {
    const auto about_events = [](const char* code, const char* message) {
        return is_about_events({400, "Bad Request", code, message, {}});
    };
    CHECK(about_events("InvalidParameterException", "Log event too large: 1048577 bytes"));
    CHECK_FALSE(about_events("InvalidParameterException",
                             "1 validation error detected: Value 'a:b' at 'logStreamName' failed "
                             "to satisfy constraint"));
    CHECK_FALSE(about_events("InvalidParameterException", "Value at 'logGroupName' failed"));
    CHECK_FALSE(about_events("ThrottlingException", ""));
    CHECK_FALSE(about_events("", ""));
}

TEST_CASE("a refusal says what to do") {
    struct Row {
        Refusal refusal;
        cmw_status status;
        const char* part;
    };
    const Row rows[] = {
        {{500, "Internal Server Error", "", "", {}}, CMW_AGAIN, "500 Internal Server Error"},
        {{429, "Too Many Requests", "", "", std::chrono::seconds(7)}, CMW_AGAIN, "429"},
        {{400, "Bad Request", "ThrottlingException", "Rate exceeded", {}},
         CMW_AGAIN,
         "ThrottlingException (Rate exceeded)"},
        {{400, "Bad Request", "ResourceNotFoundException", "", {}}, CMW_AGAIN, "next try"},
        {{400, "Bad Request", "AccessDeniedException", "", {}},
         CMW_DENIED,
         "the policy of the profile x must allow logs:PutLogEvents"},
        {{400, "Bad Request", "ExpiredTokenException", "", {}}, CMW_DENIED, "the profile x"},
        {{403, "Forbidden", "InvalidSignatureException", "Signature expired: now", {}},
         CMW_DENIED,
         "clock"},
        {{403, "Forbidden", "InvalidSignatureException", "does not match", {}},
         CMW_DENIED,
         "the secret"},
        {{400, "Bad Request", "InvalidParameterException", "logGroupName", {}},
         CMW_FAILED,
         "InvalidParameterException"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.part);
        const auto error =
            explain(row.refusal, {"PutLogEvents", "the stream s", "https://host", "the profile x"});
        const std::string text = error.what();
        CHECK(text.starts_with("cannot write to the stream s at https://host: "));
        CHECK(text.find(row.part) != std::string::npos);
        CHECK(error.status() == row.status);
        CHECK(error.retry_after() == row.refusal.retry_after);
    }
    const std::string text =
        explain(rows[4].refusal, {"CreateLogGroup", "the stream s", "https://host", "x"}).what();
    CHECK(text.starts_with("cannot call CreateLogGroup for the stream s"));
}
