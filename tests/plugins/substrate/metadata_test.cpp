// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/approvals.hpp"
#include "fakes/chain/metadata.hpp"
#include "fakes/chain/scale_writer.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace cmw::substrate;
using cmw::fakes::make_metadata;
using cmw::fakes::make_value;
using cmw::fakes::Record;

namespace {

cmw_status status_of(const std::function<void()>& work) {
    try {
        work();
        return CMW_OK;
    } catch (const cmw::Error& e) {
        return e.status();
    }
}

} // namespace

TEST_CASE("the item is found in metadata 14 and 15, and its fields approve") {
    for (const auto version : {std::uint8_t{14}, std::uint8_t{15}}) {
        CAPTURE(int{version});
        const Record record{.version = version};
        const auto item = find_storage_item(make_metadata(record), "XXCmix", "CmixHashes");
        CHECK(item.prefix == "XXCmix");
        CHECK(item.name == "CmixHashes");
        CHECK(item.hashers.empty());
        CHECK_FALSE(item.optional);
        const auto value = make_value(record, {1, 2});
        const auto found = approvals(item, value);
        REQUIRE(found.size() == 2);
        CHECK(found[0].target == "server");
        CHECK(std::ranges::equal(found[0].digest, std::vector<std::uint8_t>(32, 1)));
        CHECK(found[1].target == "gateway");
    }
}

TEST_CASE("fields that are no digest are passed over, but decoded to the last byte") {
    const Record record;
    const auto item = find_storage_item(make_metadata(record), "XXCmix", "CmixHashes");
    auto value = make_value(record, {1, 2});
    value.back() = 1;   // extra: Some
    value.push_back(4); // of one hash
    CHECK(status_of([&] { approvals(item, value); }) == CMW_INVALID);
    value.insert(value.end(), 32, 9);
    CHECK(approvals(item, value).size() == 2);
    value.push_back(0);
    CHECK(status_of([&] { approvals(item, value); }) == CMW_INVALID);
}

TEST_CASE("a field that an upgrade adds or moves is followed") {
    const Record moved{.fields = {"gateway", "relay", "server"}};
    const auto item = find_storage_item(make_metadata(moved), "XXCmix", "CmixHashes");
    const auto value = make_value(moved, {5, 6, 7});
    const auto found = approvals(item, value);
    REQUIRE(found.size() == 3);
    CHECK(found[0].target == "gateway");
    CHECK(found[0].digest[0] == 5);
    CHECK(found[1].target == "relay");
    CHECK(found[2].target == "server");
    CHECK(found[2].digest[0] == 7);
}

TEST_CASE("what is not there, or no record, is said") {
    const auto metadata = make_metadata({});
    const auto find = [&](const char* pallet, const char* item) {
        return status_of([&] { find_storage_item(metadata, pallet, item); });
    };
    CHECK(find("XXCmix", "CmixHashes") == CMW_OK);
    CHECK(find("XXCmix", "Other") == CMW_NOT_FOUND);
    CHECK(find("Other", "CmixHashes") == CMW_NOT_FOUND);
    CHECK(find("System", "CmixHashes") ==
          CMW_OK); // The one of the pallet asked for, not the first.
    CHECK(find_storage_item(metadata, "System", "CmixHashes").hashers.size() == 1);
    const auto number = find_storage_item(metadata, "XXCmix", "AdminPermission");
    const std::vector<std::uint8_t> one{1, 0, 0, 0};
    CHECK(status_of([&] { approvals(number, one); }) == CMW_CONFIG);
}

TEST_CASE("metadata that make no sense are refused, wherever they break off") {
    const auto metadata = make_metadata({});
    for (std::size_t size = 0; size < metadata.size(); ++size) {
        CAPTURE(size);
        const auto status = status_of(
            [&] { find_storage_item(Bytes(metadata).first(size), "XXCmix", "CmixHashes"); });
        CHECK(status == CMW_INVALID);
    }
    for (std::size_t at = 0; at < metadata.size(); ++at) {
        auto broken = metadata;
        broken[at] ^= 0xff;
        CAPTURE(at);
        // Whatever it gives, it ends; sanitizers watch what it touches.
        status_of([&] {
            const auto item = find_storage_item(broken, "XXCmix", "CmixHashes");
            approvals(item, make_value({}, {1, 2}));
        });
    }
    auto old = metadata;
    old[4] = 12;
    CHECK(status_of([&] { find_storage_item(old, "XXCmix", "CmixHashes"); }) == CMW_UNSUPPORTED);
}

TEST_CASE("metadata of version 13 that break off or are broken are refused or read, and no more") {
    const TypeNames names{{"SoftwareHashes", "{server: H256, gateway: H256}"}};
    const auto metadata = make_metadata({.version = 13});
    const auto find = [&](Bytes bytes) {
        return status_of([&] { find_storage_item(bytes, "XXCmix", "CmixHashes", names); });
    };
    CHECK(find(metadata) == CMW_OK);
    for (std::size_t size = 0; size < metadata.size(); ++size) {
        CAPTURE(size);
        CHECK(find(Bytes(metadata).first(size)) == CMW_INVALID);
    }
    for (std::size_t at = 0; at < metadata.size(); ++at) {
        auto broken = metadata;
        broken[at] ^= 0xff;
        find(broken);
    }
}

TEST_CASE("a call is found by its pallet's number and its own") {
    const auto metadata = make_metadata({.committee = "TechnicalCommittee"});
    const Metadata known(metadata);
    CHECK(known.call("XXCmix", "set_cmix_hashes") == CallPrefix{9, 3});
    CHECK_FALSE(known.call("XXCmix", "other"));
    CHECK_FALSE(known.call("System", "set_cmix_hashes"));
    CHECK_FALSE(known.call("Other", "set_cmix_hashes"));
    CHECK(known.place("Scheduler", "Agenda")->hashers.size() == 1);
    CHECK_FALSE(known.place("Scheduler", "Other"));
}

TEST_CASE("digests are taken from where the configuration says") {
    // {a: {one: H256, list: Vec<H256>}, b: Option<H256>, c: (u8, Vec<u8>), d: Option<{e: H256}>}
    const auto layout = named_layout("{a: {one: H256, list: Vec<H256>}, b: Option<H256>, "
                                     "c: (u8, Bytes), d: Option<{e: H256}>}",
                                     {});
    cmw::fakes::ScaleWriter out;
    const auto hash = [](std::uint8_t byte) { return std::vector<std::uint8_t>(32, byte); };
    out.raw(hash(1)).compact(2).raw(hash(2)).raw(hash(3));
    out.u8(1).raw(hash(4)).u8(7).compact(32).raw(hash(5)).u8(1).raw(hash(6));
    const auto record = decode(layout, out.bytes);
    const auto take = [&](const char* path) {
        const auto found = approvals(record, "It", {.fields = {{"x", path}}});
        return found.empty() ? 0 : found.at(0).digest[0];
    };
    CHECK(take("a.one") == 1);
    CHECK(take("a.list.0") == 2);
    CHECK(take("a.list.1") == 3);
    CHECK(take("a.list.2") == 0);
    CHECK(take("a.1.1") == 3);
    CHECK(take("b") == 4);
    CHECK(take("c.1") == 5);
    CHECK(take("d.e") == 6);
    for (const char* path :
         {"", "a", "a.two", "a.list", "c.0", "c.2", "b.x", "a..one", "a.list.x"}) {
        CAPTURE(path);
        CHECK(status_of([&] { take(path); }) == CMW_CONFIG);
    }
    out.bytes.resize(out.bytes.size() - 33);
    out.none();
    const auto without = decode(layout, out.bytes);
    CHECK(approvals(without, "It", {.fields = {{"x", "d.e"}}}).empty());
}
