// SPDX-License-Identifier: Apache-2.0
//
// What the live network's runtime says and stores, where the machine has it.
#include "consensus-source/substrate/approvals.hpp"
#include "consensus-source/substrate/storage_key.hpp"
#include "shared/hex.hpp"
#include "support/test_data.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

using namespace cmw::substrate;

namespace {

std::optional<std::vector<std::uint8_t>> metadata(const char* name) {
    auto text = cmw::test::test_data(name, CMW_SOURCE_ROOT);
    if (!text) return std::nullopt;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return cmw::shared::from_hex(*text);
}

/// "Session.disabledValidators" of the samples is "DisabledValidators" in the metadata, or, where
/// a pallet writes so, as it stands.
StorageItem find(const std::vector<std::uint8_t>& metadata, const std::string& pallet,
                 std::string item) {
    try {
        return find_storage_item(metadata, pallet, item);
    } catch (const cmw::Error&) {
        item[0] = static_cast<char>(std::toupper(item[0]));
        return find_storage_item(metadata, pallet, item);
    }
}

} // namespace

TEST_CASE("every stored value of the live network is decoded by its own metadata") {
    const auto known = metadata("xxnetwork-metadata.hex.xz");
    const auto samples = cmw::test::test_data("xxnetwork-storage-samples.json", CMW_SOURCE_ROOT);
    if (!known || !samples) return;
    const auto root = Poco::JSON::Parser().parse(*samples).extract<Poco::JSON::Object::Ptr>();
    std::size_t decoded = 0;
    for (const auto& var : *root->getArray("samples")) {
        const auto& sample = var.extract<Poco::JSON::Object::Ptr>();
        auto name = sample->getValue<std::string>("name");
        if (name.ends_with("(AdminPermission)")) name = "XXCmix.AdminPermission";
        CAPTURE(name);
        const auto dot = name.find('.');
        const auto end = std::min(name.find('('), name.size());
        const auto item = find(*known, name.substr(0, dot), name.substr(dot + 1, end - dot - 1));
        CHECK(
            sample->getValue<std::string>("key").starts_with(storage_key(item.prefix, item.name)));
        if (sample->isNull("value")) continue;
        const auto value = cmw::shared::from_hex(sample->getValue<std::string>("value"));
        REQUIRE(value);
        const auto tree = decode(item.value, *value);
        CHECK(tree.raw.size() == value->size());
        ++decoded;
        if (name == "XXCmix.CmixHashes") {
            const auto expected = sample->getObject("decoded");
            const auto found = approvals(item, *value);
            CHECK(found.size() == 8);
            for (const auto& approval : found)
                CHECK("0x" + cmw::shared::to_hex(approval.digest) ==
                      expected->getValue<std::string>(approval.target));
        }
    }
    CHECK(decoded >= 30);
}

TEST_CASE("the test network's older metadata are refused by their version") {
    const auto known = metadata("canary-metadata-v13.hex.xz");
    if (!known) return;
    try {
        find_storage_item(*known, "XXCmix", "CmixHashes");
        FAIL("V13 was read");
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_UNSUPPORTED);
    }
}
