// SPDX-License-Identifier: Apache-2.0
//
// What the live network's runtime says and stores, where the machine has it.
#include "consensus-source/substrate/approvals.hpp"
#include "consensus-source/substrate/readiness.hpp"
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

TEST_CASE("the live network's runtime has all that is read beside the record") {
    const auto known = metadata("xxnetwork-metadata.hex.xz");
    if (!known) return;
    const auto runtime = read_runtime({"xxnetwork", 200}, *known, {});
    CHECK(runtime.record_key ==
          "0xf55552219a961851426ca8ccedd9ce0ff4dfd51641103f49c4f236cea0c3b5cd");
    CHECK(runtime.admin_permission);
    REQUIRE(runtime.validators);
    CHECK(runtime.validators->disabled);
    REQUIRE(runtime.motions);
    CHECK(runtime.motions->committee == "TechnicalCommittee");
    CHECK(runtime.motions->voting);
    CHECK(runtime.motions->agenda);
}

TEST_CASE("keys of the live network's maps are made as it makes them, and ledgers name ids") {
    const auto known = metadata("xxnetwork-metadata.hex.xz");
    const auto samples = cmw::test::test_data("xxnetwork-storage-samples.json", CMW_SOURCE_ROOT);
    if (!known || !samples) return;
    const auto root = Poco::JSON::Parser().parse(*samples).extract<Poco::JSON::Object::Ptr>();
    const auto items = read_runtime({}, *known, {}).validators;
    REQUIRE(items);
    std::size_t ledgers = 0;
    for (const auto& var : *root->getArray("samples")) {
        const auto& sample = var.extract<Poco::JSON::Object::Ptr>();
        const auto name = sample->getValue<std::string>("name");
        CAPTURE(name);
        if (sample->isNull("value")) continue;
        const auto key = sample->getValue<std::string>("key");
        const auto value = cmw::shared::from_hex(sample->getValue<std::string>("value"));
        const bool bonded = key.starts_with(storage_key("Staking", "Bonded"));
        if (!bonded && !key.starts_with(storage_key("Staking", "Ledger"))) continue;
        const auto& item = bonded ? items->bonded : items->ledger;
        const auto account = key_of(item, key, 32);
        REQUIRE(account);
        CHECK(storage_key(item, *account) == key);
        if (bonded) continue;
        CHECK(parse_cmix_id(item, *value).value().size() == 32);
        ++ledgers;
    }
    CHECK(ledgers > 0);
}

TEST_CASE("the test network's metadata of version 13 are read, with what they do not say") {
    const auto known = metadata("canary-metadata-v13.hex.xz");
    if (!known) return;
    const Metadata metadata(*known, {});
    CHECK(metadata.item("Session", "Validators").hashers.empty());
    CHECK(metadata.item("Staking", "Bonded").hashers ==
          std::vector{StorageItem::Hasher::Twox64Concat});
    CHECK(metadata.item("TechnicalCommittee", "Proposals").hashers.empty());
    CHECK(metadata.item("Staking", "ErasValidatorReward").hashers.size() == 1);
    CHECK(metadata.place("Staking", "ErasStakers")->hashers.size() == 2);
    CHECK_FALSE(metadata.place("XXCmix", "CmixHashes"));
    try {
        metadata.item("XXNetwork", "CmixHashes");
        FAIL("a type that is nowhere described was known");
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_UNSUPPORTED);
        CHECK(std::string(e.what()).find("CmixSoftwareHashes") != std::string::npos);
    }
    const auto item = find_storage_item(*known, "XXNetwork", "CmixHashes",
                                        {{"CmixSoftwareHashes", "{server: Hash, gateway: Hash}"}});
    CHECK(approvals(item, std::vector<std::uint8_t>(64, 7)).size() == 2);
}
