// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/storage_key.hpp"
#include "consensus-source/substrate/type_names.hpp"
#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

using namespace cmw::substrate;

namespace {

/// How many bytes of zeros a value of the type takes; of an error, its status, negative.
int zeros(std::string_view type, const TypeNames& names = {}) {
    try {
        const auto layout = named_layout(type, names);
        for (std::size_t size = 0; size < 256; ++size) {
            const std::vector<std::uint8_t> bytes(size);
            try {
                decode(layout, bytes);
                return static_cast<int>(size);
            } catch (const cmw::Error&) {
            }
        }
        return 256;
    } catch (const cmw::Error& e) {
        return -e.status();
    }
}

} // namespace

TEST_CASE("types that everyone knows have their size") {
    const std::vector<std::pair<std::string_view, int>> table{
        {"u8", 1},
        {"i16", 2},
        {"u32", 4},
        {"u64", 8},
        {"u128", 16},
        {"i256", 32},
        {"bool", 1},
        {"Bytes", 1},
        {"Vec<u8>", 1},
        {"H256", 32},
        {"Hash", 32},
        {"T::Hash", 32},
        {"AccountId", 32},
        {"T::AccountId", 32},
        {"<T as frame_system::Config>::AccountId", 32},
        {"<<T as Config<I>>::Currency as Currency<A>>::Balance", 16},
        {"BalanceOf<T, I>", 16},
        {"BlockNumber", 4},
        {"Compact<Balance>", 1},
        {"Option<(AccountId, Vec<u8>)>", 1},
        {"(u8, (u16, u32),)", 7},
        {"()", 0},
        {"[u8; 20]", 20},
        {"[ (u8,u16) ; 3 ]", 9},
        {"Box<u16>", 2},
        {"BTreeMap<AccountId, u32>", 1},
        {"BoundedVec<u8, T::MaxLength>", 1},
        {"sp_std::vec::Vec<Perbill>", 1},
        {"{a: u8, b: Option<H256>}", 2},
        {"schedule::Period<T>", -CMW_UNSUPPORTED},
        {"CmixSoftwareHashes", -CMW_UNSUPPORTED},
        {"", -CMW_INVALID},
        {"Vec", -CMW_INVALID},
        {"Vec<u8", -CMW_INVALID},
        {"Vec<>", -CMW_INVALID},
        {"(u8", -CMW_INVALID},
        {"[u8]", -CMW_INVALID},
        {"[u8; x]", -CMW_INVALID},
        {"u8 u8", -CMW_INVALID},
        {"{a u8}", -CMW_INVALID},
        {"<T as", -CMW_INVALID},
        {"BTreeMap<u8>", -CMW_INVALID},
    };
    for (const auto& [type, expected] : table) {
        CAPTURE(type);
        CHECK(zeros(type) == expected);
    }
    CHECK(zeros(std::string(200, '(')) == -CMW_INVALID);
}

TEST_CASE("what a chain calls its types is told, and comes first") {
    const TypeNames names{{"AccountId", "[u8; 20]"},
                          {"Hashes", "{one: Hash, two: Inner}"},
                          {"Inner", "Vec<Hashes>"},
                          {"Loop", "Loop"}};
    CHECK(zeros("T::AccountId", names) == 20);
    CHECK(zeros("Hashes<T::Hash>", names) == 33);
    CHECK(zeros("Vec<Inner>", names) == 1);
    CHECK(zeros("Loop", names) == 256); // It has no value, and nobody looks for it for ever.
}

TEST_CASE("keys of maps are hashed as the metadata say") {
    using Hasher = StorageItem::Hasher;
    const std::vector<std::uint8_t> key{1, 2, 3, 4};
    const auto tail = [&](Hasher hasher) {
        return storage_key({.prefix = "P", .name = "I", .hashers = {hasher}}, key).substr(66);
    };
    // Of the same four bytes by Python's hashlib (BLAKE2b).
    CHECK(tail(Hasher::Identity) == "01020304");
    CHECK(tail(Hasher::Blake2_256) ==
          "28517e4cdf6c90798c1a983b03727ca7743c21a3880672429ccfc5bd15ea5f72");
    CHECK(tail(Hasher::Blake2_128Concat) == "50f21536142cf23a3e3e25f01ef8d5ea01020304");
    CHECK(tail(Hasher::Twox64Concat).substr(16) == "01020304");
    CHECK(tail(Hasher::Twox128).starts_with(tail(Hasher::Twox64Concat).substr(0, 16)));
    CHECK(tail(Hasher::Twox256).starts_with(tail(Hasher::Twox128)));
    CHECK(tail(Hasher::Twox256).size() == 64);

    const StorageItem map{.prefix = "P", .name = "I", .hashers = {Hasher::Twox64Concat}};
    CHECK(key_of(map, storage_key(map, key), 4) == key);
    CHECK_FALSE(key_of({.hashers = {Hasher::Twox128}}, storage_key(map, key), 4));
    CHECK_FALSE(key_of(map, "0x", 4));
    CHECK_THROWS_AS(storage_key(map), cmw::Error);
    CHECK_THROWS_AS(storage_key(StorageItem{}, key), cmw::Error);
}
