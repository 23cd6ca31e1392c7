// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/layout.hpp"
#include "consensus-source/substrate/scale.hpp"
#include "consensus-source/substrate/storage_key.hpp"
#include "fakes/chain/scale_writer.hpp"
#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

#include <optional>

using namespace cmw::substrate;
using cmw::fakes::ScaleWriter;

namespace {

std::vector<std::uint8_t> hex(std::string_view text) {
    return cmw::shared::from_hex(text).value();
}

} // namespace

TEST_CASE("compact integers are read in their shortest form alone") {
    // The specification's examples, and each border.
    const std::vector<std::pair<std::string, std::optional<std::uint64_t>>> table{
        {"00", 0},
        {"04", 1},
        {"a8", 42},
        {"fc", 63},
        {"0101", 64},
        {"1501", 69},
        {"fdff", 16383},
        {"02000100", 16384},
        {"feff0300", 65535},
        {"feffffff", 1073741823},
        {"0300000040", 1073741824},
        {"0b00407a10f35a", 100000000000000},
        {"13ffffffffffffffff", UINT64_MAX},
        {"0100", std::nullopt},                 // 0 in two bytes
        {"02000000", std::nullopt},             // 0 in four
        {"03ffffff3f", std::nullopt},           // fits in four
        {"0b00407a10f300", std::nullopt},       // a zero at the end
        {"17ffffffffffffffff01", std::nullopt}, // 72 bits
        {"", std::nullopt},
        {"01", std::nullopt},
        {"0b0040", std::nullopt},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        const auto bytes = hex(text);
        ScaleReader in(bytes);
        if (expected) {
            CHECK(in.compact() == *expected);
            CHECK(in.left() == 0);
            CHECK(ScaleWriter().compact(*expected).bytes == bytes);
        } else {
            CHECK_THROWS_AS(in.compact(), cmw::Error);
        }
    }
}

TEST_CASE("what does not fit says where") {
    const auto bytes = hex("04ff0c6162");
    ScaleReader in(bytes);
    CHECK(in.compact() == 1);
    CHECK(in.u8() == 0xff);
    try {
        in.text();
        FAIL("a text was read that is not there");
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_INVALID);
        CHECK(std::string(e.what()) ==
              "cannot read SCALE at byte 3 of 5: 3 more bytes expected, 2 left");
    }
    const auto two = hex("02");
    ScaleReader neither(two);
    CHECK_THROWS_AS(neither.boolean(), cmw::Error);
}

TEST_CASE("storage keys are those of the live network") {
    CHECK(storage_key("XXCmix", "CmixHashes") ==
          "0xf55552219a961851426ca8ccedd9ce0ff4dfd51641103f49c4f236cea0c3b5cd");
    CHECK(storage_key("System", "Number") ==
          "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac");
}

TEST_CASE("values are decoded by their layout") {
    using Kind = Type::Kind;
    Layout layout;
    layout.types = {
        {.kind = Kind::Struct,
         .fields = {{"hash", 1},
                    {"count", 3},
                    {"maybe", 4},
                    {"list", 6},
                    {"flags", 7},
                    {"big", 8},
                    {"pair", 9},
                    {"yes", 10}}},
        {.kind = Kind::Struct, .fields = {{"", 2}}}, // H256 in small
        {.kind = Kind::Array, .element = 5, .count = 4},
        {.kind = Kind::Number, .count = 2},
        {.kind = Kind::Enum, .variants = {{"None", 0, {}}, {"Some", 1, {{"", 3}}}}},
        {.kind = Kind::Number, .count = 1},
        {.kind = Kind::Sequence, .element = 1},
        {.kind = Kind::Bits, .count = 1},
        {.kind = Kind::Compact},
        {.kind = Kind::Struct, .fields = {{"", 3}, {"", 11}}},
        {.kind = Kind::Boolean},
        {.kind = Kind::Text},
    };
    const auto bytes = hex("01020304"
                           "0500"
                           "010700"
                           "08aaaaaaaabbbbbbbb"
                           "24ff01"
                           "0b00407a10f35a"
                           "0900"
                           "0c616263"
                           "01");
    const auto value = decode(layout, bytes);
    REQUIRE(value.members.size() == 8);
    CHECK(value.members[0].name == "hash");
    CHECK(value.members[0].kind == Value::Kind::Fixed);
    CHECK(cmw::shared::to_hex(value.members[0].raw) == "01020304");
    CHECK(value.members[2].variant == "Some");
    CHECK(cmw::shared::to_hex(value.members[2].members.at(0).raw) == "0700");
    CHECK(value.members[3].members.size() == 2);
    CHECK(cmw::shared::to_hex(value.members[3].members.at(1).raw) == "bbbbbbbb");
    CHECK(cmw::shared::to_hex(value.members[4].raw) == "24ff01");
    CHECK(value.members[5].kind == Value::Kind::Compact);
    CHECK(value.members[6].members.size() == 2);

    // One byte less, one more, each wrong: nothing is guessed.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(decode(layout, Bytes(bytes).first(size)), cmw::Error);
    }
    auto longer = bytes;
    longer.push_back(0);
    CHECK_THROWS_AS(decode(layout, longer), cmw::Error);
    auto strange = bytes;
    strange[6] = 2; // no such variant
    CHECK_THROWS_AS(decode(layout, strange), cmw::Error);
}

TEST_CASE("no layout and no value takes more than a bounded effort") {
    using Kind = Type::Kind;
    const Layout endless{{{.kind = Kind::Struct, .fields = {{"self", 0}}}}, 0};
    CHECK_THROWS_AS(decode(endless, {}), cmw::Error);
    const Layout nothings{{{.kind = Kind::Sequence, .element = 1}, {.kind = Kind::Struct}}, 0};
    const auto many = ScaleWriter().compact(1u << 29).bytes;
    CHECK_THROWS_AS(decode(nothings, many), cmw::Error);
    const Layout unknown{{{.kind = Kind::Sequence, .element = 7}}, 0};
    CHECK_THROWS_AS(decode(unknown, ScaleWriter().compact(1).u8(0).bytes), cmw::Error);
}
