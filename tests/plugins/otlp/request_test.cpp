// SPDX-License-Identifier: Apache-2.0
#include "log-backend/otlp/request.hpp"

#include <doctest/doctest.h>
#include <limits>

using namespace cmw::otlp;

namespace {

cmw_log_record record(std::int64_t time, std::uint64_t sequence, std::uint32_t level,
                      std::string_view text) {
    return {time, sequence, cmw::to_str("cmix"), cmw::to_str(text), level, 0};
}

std::string request(const std::vector<cmw_log_record>& records, const Attributes& resource) {
    const cmw_log_batch table{
        sizeof table, sizeof(cmw_log_record), records.size(), records.data(), nullptr, nullptr};
    std::size_t delivered = 0;
    const cmw::Batch batch(&table, &delivered);
    std::string out;
    append_request(out, {batch.begin(), batch.end(), records.size()}, {resource, "1.2"});
    return out;
}

/// What the request of one record has between the square brackets of "logRecords".
std::string log_record(const cmw_log_record& one) {
    const auto text = request({one}, {});
    const std::string before = R"("logRecords":[)";
    const auto begin = text.find(before) + before.size();
    return text.substr(begin, text.size() - begin - std::string("]}]}]}").size());
}

} // namespace

TEST_CASE("a batch becomes one resource, one scope, and its records in order") {
    CHECK(request({record(1'600'000'000'000'000'001, 17, CMW_LEVEL_INFO, "one"),
                   record(1'600'000'000'000'000'002, 21, CMW_LEVEL_ERROR, "two")},
                  {{"service.name", "x\"y"}, {"empty", ""}, {"host.name", "h"}}) ==
          R"({"resourceLogs":[{"resource":{"attributes":[)"
          R"({"key":"host.name","value":{"stringValue":"h"}},)"
          R"({"key":"service.name","value":{"stringValue":"x\"y"}}]},)"
          R"("scopeLogs":[{"scope":{"name":"cmix-wrapper","version":"1.2"},"logRecords":[)"
          R"({"timeUnixNano":"1600000000000000001","severityNumber":9,"severityText":"INFO",)"
          R"("body":{"stringValue":"one"},)"
          R"("attributes":[{"key":"cmw.sequence","value":{"intValue":"17"}}]},)"
          R"({"timeUnixNano":"1600000000000000002","severityNumber":17,"severityText":"ERROR",)"
          R"("body":{"stringValue":"two"},)"
          R"("attributes":[{"key":"cmw.sequence","value":{"intValue":"21"}}]}]}]}]})");
    CHECK(request({record(1, 1, 0, "")}, {})
              .starts_with(R"({"resourceLogs":[{"resource":{"attributes":[]},)"));
}

TEST_CASE("levels are OpenTelemetry's severities") {
    const std::tuple<std::uint32_t, int, std::string> rows[] = {
        {CMW_LEVEL_TRACE, 1, "TRACE"},    {CMW_LEVEL_DEBUG, 5, "DEBUG"},
        {CMW_LEVEL_INFO, 9, "INFO"},      {CMW_LEVEL_WARN, 13, "WARN"},
        {CMW_LEVEL_ERROR, 17, "ERROR"},   {CMW_LEVEL_FATAL, 21, "FATAL"},
        {CMW_LEVEL_FATAL + 1, 9, "INFO"}, {~0U, 9, "INFO"}};
    for (const auto& [level, number, name] : rows) {
        CAPTURE(level);
        CHECK(severity_number(level) == static_cast<std::uint32_t>(number));
        const auto text = log_record(record(1, 1, level, ""));
        CHECK(text.find("\"severityNumber\":" + std::to_string(number) + ",\"severityText\":\"" +
                        name + "\",") != text.npos);
    }
}

TEST_CASE("times and sequences are strings of digits, and never below zero") {
    const std::pair<std::int64_t, std::string> times[] = {
        {0, "0"},
        {1, "1"},
        {-1, "0"},
        {std::numeric_limits<std::int64_t>::min(), "0"},
        {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"}};
    for (const auto& [time, text] : times)
        CHECK(log_record(record(time, 1, 0, ""))
                  .starts_with(R"({"timeUnixNano":")" + text + R"(",)"));
    // The host's largest: the number of a wildcard's file, and a place in a tebibyte of it.
    constexpr std::uint64_t largest = (1ULL << 62U) - 1;
    CHECK(log_record(record(1, largest, 0, ""))
              .ends_with(R"({"intValue":"4611686018427387903"}}]})"));
}

TEST_CASE("texts are JSON, whatever bytes they have") {
    using namespace std::string_view_literals;
    const std::pair<std::string_view, std::string> rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"a \"quote\" and \\", R"(a \"quote\" and \\)"},
        {"two\nlines\r\n\ttabbed", R"(two\nlines\r\n\ttabbed)"},
        {"nul \0 bell \x07 del \x7f"sv, R"(nul \u0000 bell \u0007 del \u007f)"},
        {"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"\xFF|\xC3", "\xEF\xBF\xBD|\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // Half of a surrogate pair.
        {"\"},\"x\":{\"", R"(\"},\"x\":{\")"}};
    for (const auto& [text, json] : rows) {
        const auto made = log_record(record(1, 1, 0, text));
        CAPTURE(made);
        CHECK(made.find(R"("body":{"stringValue":")" + json + R"("},"attributes")") != made.npos);
    }
}

TEST_CASE("what a record has beside its text is in the limits") {
    const auto one = record(1'600'000'000'000'000'001, 1'000'000'000, CMW_LEVEL_DEBUG, "");
    CHECK(log_record(one).size() + 1 <= record_overhead);
}
