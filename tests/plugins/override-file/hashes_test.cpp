// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/hashes.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

using namespace cmw::override_file;

namespace {

const std::string a(64, 'a');
const std::string b(64, 'b');

std::string refusal(const std::string& text) {
    try {
        parse_hashes(text);
        return "";
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_INVALID);
        return e.what();
    }
}

} // namespace

TEST_CASE("hashes are read with and without prefix, on one line and on several") {
    const std::string one = R"({"server": "0x)" + a + R"(", "gateway": ")" + b + R"("})";
    const auto found = parse_hashes(one);
    REQUIRE(found.size() == 2);
    CHECK(found.at("server") == std::vector<std::uint8_t>(32, 0xaa));
    CHECK(found.at("gateway") == std::vector<std::uint8_t>(32, 0xbb));
    CHECK(parse_hashes("\n" + one + " \r\nnotes of the operator, ignored\n") == found);
    CHECK(parse_hashes("{\n  \"server\": \"" + a + "\",\n\"gateway\": \"0x" + b + "\"\n}\n") ==
          found);
}

TEST_CASE("null and the chain's list are left out") {
    CHECK(parse_hashes(R"({"server": null, "extra": null})").empty());
    CHECK(parse_hashes(R"({"extra": [")" + a + R"("], "wrapper": ")" + a + R"("})").size() == 1);
    CHECK(parse_hashes(R"({"extra": {"x": [1, 2.5, true]}, "wrapper": ")" + a + R"("})").size() ==
          1);
    CHECK(parse_hashes("{}").empty());
}

TEST_CASE("what is wrong is named") {
    CHECK(refusal(R"({"server": "abc"})") ==
          "field 'server' is not a hash of 64 hexadecimal digits");
    for (const std::string& value :
         {std::string("5"), std::string("true"), std::string("1.5"), std::string("-5"),
          std::string("5000000000"), "[\"" + a + "\"]", "{\"x\": \"" + a + "\"}", "\"" + a + "00\"",
          "\"0x0x" + a.substr(2) + "\"", "\"" + a.substr(1) + "g\""}) {
        CAPTURE(value);
        CHECK(refusal("{\"gateway\": " + value + "}") ==
              "field 'gateway' is not a hash of 64 hexadecimal digits");
    }
    CHECK(refusal(R"({"server": ")" + a + R"(", "server": ")" + b + R"("})") ==
          "field 'server' is named twice");
    CHECK(refusal(R"({"server": null, "server": ")" + b + R"("})") ==
          "field 'server' is named twice");
}

TEST_CASE("what is no complete object is refused") {
    const std::string field = R"("server": ")" + a + "\"";
    for (const std::string& text :
         {std::string(), std::string(" \n"), std::string("x"), std::string("[]"),
          std::string("null"), std::string("5"), "\"" + a + "\"", "{" + field, "{" + field + ",}",
          "{" + field + "}}", "{" + field + "} {" + field + "}", "{" + field + "} x}",
          "[{" + field + "}]", std::string(1000, '{'), std::string("{\"\": null}"),
          std::string("{server: null}")}) {
        CAPTURE(text);
        CHECK(refusal(text) != "");
    }
    const auto whole = "{" + field + ", \"gateway\": \"" + b + "\"}";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(refusal(whole.substr(0, size)) != "");
    }
}

TEST_CASE("a file of the other historic form is refused with the command that does what it meant") {
    CHECK(refusal("{\"" + a + R"(": "/home/op/my cmix's"})") ==
          "it names a file to run where the chain names the hash " + a +
              ", and not what that file must hold. Instead, run: cmix-wrapper pin COMPONENT --file "
              R"('/home/op/my cmix'\''s'; unpin follows the chain again (docs/override-file.md))");
    CHECK(
        refusal("{\"0x" + b + "\": \"./x\", \"" + a + "\": \"" + b + "\"}").find("(and 1 more)") !=
        std::string::npos);
    CHECK(refusal("{\"server\": \"" + a + "\", \"" + a + R"(": "/bin/x"})").find("pin") !=
          std::string::npos);
    CHECK(refusal("{\"" + a + "\": 5}") != "");
}
