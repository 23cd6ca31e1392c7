// SPDX-License-Identifier: Apache-2.0
#include "log-backend/syslog/message.hpp"

#include <cmw/error.hpp>
#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>

using namespace cmw::syslog;
using Form = MessageRules::Form;
using Framing = MessageRules::Framing;

namespace {

MessageRules rules() {
    MessageRules made;
    made.hostname = "node.example.org";
    made.app_name = "cmix";
    made.structured_id = "cmw@32473";
    made.max_size = 8192;
    return made;
}

/// 2020-09-13T12:26:40Z, and 5 ms.
constexpr std::int64_t then = 1'600'000'000'005'000'000;

std::vector<std::string> messages(std::string_view text, const MessageRules& rules,
                                  std::uint32_t level = CMW_LEVEL_INFO,
                                  std::string_view stream = "cmix") {
    Messages made;
    append(made, {then, 17, cmw::to_str(stream), cmw::to_str(text), level, 0}, rules);
    std::vector<std::string> all;
    for (std::size_t begin = 0; const auto end : made.ends) {
        all.push_back(made.bytes.substr(begin, end - begin));
        begin = end;
    }
    return all;
}
std::string message(std::string_view text, const MessageRules& rules,
                    std::uint32_t level = CMW_LEVEL_INFO) {
    const auto all = messages(text, rules, level);
    REQUIRE(all.size() == 1);
    return all.front();
}

} // namespace

TEST_CASE("a record is a message of RFC 5424") {
    CHECK(message("hello", rules()) == "<30>1 2020-09-13T12:26:40.005Z node.example.org cmix - - "
                                       "[cmw@32473 stream=\"cmix\" sequence=\"17\"] hello");
    auto other = rules();
    other.structured_id.clear();
    other.hostname.clear();
    other.facility = facility_number("local7");
    CHECK(message("", other, CMW_LEVEL_FATAL) == "<186>1 2020-09-13T12:26:40.005Z - cmix - - - ");
}

TEST_CASE("a record is a message of RFC 3164, in local time") {
    ::setenv("TZ", "TST-2", 1);
    ::tzset();
    auto old = rules();
    old.form = Form::rfc3164;
    CHECK(message("hello", old, CMW_LEVEL_ERROR) ==
          "<27>Sep 13 14:26:40 node.example.org cmix: hello");
    old.form = Form::rfc3164_local;
    old.app_name = "a b[c]:d";
    CHECK(message("hello", old, CMW_LEVEL_WARN) == "<28>Sep 13 14:26:40 a_b_c__d: hello");
    ::unsetenv("TZ");
    ::tzset();
}

TEST_CASE("levels have their severities, and facilities their numbers") {
    CHECK(severity(CMW_LEVEL_TRACE) == 7);
    CHECK(severity(CMW_LEVEL_DEBUG) == 7);
    CHECK(severity(CMW_LEVEL_INFO) == 6);
    CHECK(severity(CMW_LEVEL_WARN) == 4);
    CHECK(severity(CMW_LEVEL_ERROR) == 3);
    CHECK(severity(CMW_LEVEL_FATAL) == 2);
    CHECK(severity(99) == 6);
    CHECK(facility_number("kern") == 0);
    CHECK(facility_number("daemon") == 3);
    CHECK(facility_number("authpriv") == 10);
    CHECK(facility_number("local0") == 16);
    CHECK(facility_number("local7") == 23);
    CHECK(facility_number("nothing") == 24);
}

TEST_CASE("control bytes are sent in octal, or kept") {
    const std::string_view text("a\nb\0\x7f\t\xff\xc3\xa4#012", 13);
    auto bare = rules();
    bare.form = Form::rfc3164_local;
    const auto head = message("", bare);
    CHECK(message(text, bare) == head + "a#012b#000#177#011\xff\xc3\xa4#012");
    bare.escape = false;
    CHECK(message(text, bare) == head + std::string(text));
}

TEST_CASE("fields of a header hold what the RFC allows, however odd the names are") {
    auto odd = rules();
    odd.hostname = "h\xc3\xa4 st";
    odd.app_name = std::string(100, 'a');
    const auto all = messages("x", odd, CMW_LEVEL_INFO, "q\"b\\c]d");
    CHECK(all.at(0) == "<30>1 2020-09-13T12:26:40.005Z h___st " + std::string(48, 'a') +
                           " - - [cmw@32473 stream=\"q\\\"b\\\\c\\]d\" sequence=\"17\"] x");
    odd.app_name.clear();
    CHECK(messages("x", odd).at(0).find(" h___st - - - [") != std::string::npos);
}

TEST_CASE("what is too long becomes several messages, cut between characters") {
    auto small = rules();
    const auto head = messages("", small).at(0);
    small.max_size = head.size() + 100;
    std::string text;
    for (int i = 0; i < 333; ++i) text += i % 3 == 0 ? "\n" : i % 3 == 1 ? "\xe2\x82\xac" : "x";
    std::string whole;
    const auto all = messages(text, small);
    CHECK(all.size() > 5);
    for (const auto& one : all) {
        CHECK(one.size() <= small.max_size);
        CHECK(one.starts_with(head));
        const auto part = one.substr(head.size());
        CHECK((static_cast<unsigned char>(part.front()) & 0xC0) != 0x80);
        CHECK(part.find("#012") != std::string::npos);
        whole += part;
    }
    for (auto at = whole.find("#012"); at != whole.npos; at = whole.find("#012", at))
        whole.replace(at, 4, "\n");
    CHECK(whole == text);
    // Bytes that are no text at all are cut anywhere, and a header that leaves no room still does.
    small.max_size = 10;
    std::string bytes;
    for (const auto& one : messages(std::string(1000, '\x80'), small))
        bytes += one.substr(head.size());
    CHECK(bytes == std::string(1000, '\x80'));
}

TEST_CASE("in a stream each message has its frame") {
    auto framed = rules();
    framed.form = Form::rfc3164_local;
    const auto plain = message("hello", framed);
    framed.framing = Framing::octet_counting;
    CHECK(message("hello", framed) == std::to_string(plain.size()) + " " + plain);
    framed.framing = Framing::line_feed;
    CHECK(message("hello", framed) == plain + "\n");
    framed.framing = Framing::nul;
    CHECK(message("hello", framed) == plain + std::string(1, '\0'));
}

TEST_CASE("the name of structured data has a private enterprise number") {
    for (const auto* good : {"cmw@32473", "x.y@1.3.6"}) CHECK(is_structured_id(good));
    for (const auto* bad : {"", "cmw", "@1", "a@", "a@b", "a b@1", "a=b@1", "a]@1", "a\"@1",
                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1"})
        CHECK_FALSE(is_structured_id(bad));
}
