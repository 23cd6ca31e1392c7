// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/chain_answers.hpp"

#include "shared/hex.hpp"

#include <cmw/error.hpp>

#include <Poco/JSON/Object.h>

#include <charconv>
#include <optional>

namespace cmw::substrate {
namespace {

using Poco::Dynamic::Var;
using Object = Poco::JSON::Object::Ptr;

constexpr std::uint64_t block_on_its_way = 1;
constexpr std::uint64_t major_sync = 5; // MAJOR_SYNC_BLOCKS of Substrate's sc-network-sync.

[[noreturn]] void refuse(const std::string& what) {
    throw Error(CMW_INVALID, "cannot read the node's answer: " + what);
}

const Poco::JSON::Object& object(const Var& var, const char* what) {
    if (var.type() != typeid(Object)) refuse(std::string(what) + " is not an object");
    return *var.extract<Object>();
}

/// Numbers come as JSON numbers and, block numbers, as hexadecimal, padded or not.
std::optional<std::uint64_t> number(const Var& var) {
    if (var.isInteger() && !var.isBoolean()) {
        if (var.isSigned() && var.convert<std::int64_t>() < 0) return std::nullopt;
        return var.convert<std::uint64_t>();
    }
    if (!var.isString()) return std::nullopt;
    std::string_view text = var.extract<std::string>();
    if (!text.starts_with("0x")) return std::nullopt;
    text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value, 16);
    if (error != std::errc() || at != end) return std::nullopt;
    return value;
}

std::uint64_t member_number(const Poco::JSON::Object& object, const char* name) {
    const auto value = number(object.get(name));
    if (!value) refuse(std::string(name) + " is not a number");
    return *value;
}

} // namespace

std::string parse_hash(const Var& hash, const char* what) {
    std::optional<std::vector<std::uint8_t>> bytes;
    if (hash.isString() && hash.extract<std::string>().starts_with("0x"))
        bytes = shared::from_hex(hash.extract<std::string>());
    if (!bytes || bytes->size() != 32) refuse(std::string(what) + " is not a hash");
    return "0x" + shared::to_hex(*bytes);
}

Head parse_head(const Var& header) {
    const auto& given = object(header, "the header");
    return {.number = member_number(given, "number"),
            .parent = parse_hash(given.get("parentHash"), "parentHash"),
            .state_root = parse_hash(given.get("stateRoot"), "stateRoot"),
            .extrinsics_root = parse_hash(given.get("extrinsicsRoot"), "extrinsicsRoot")};
}

RuntimeVersion parse_runtime_version(const Var& version) {
    const auto& given = object(version, "the runtime's version");
    const auto name = given.get("specName");
    if (!name.isString()) refuse("specName is not a text");
    return {name.extract<std::string>(), member_number(given, "specVersion")};
}

SyncState parse_sync_state(const Var& state) {
    const auto& given = object(state, "the state of syncing");
    SyncState parsed{.current = member_number(given, "currentBlock")};
    // Nodes without peers do not know it.
    parsed.highest =
        given.isNull("highestBlock") ? parsed.current : member_number(given, "highestBlock");
    return parsed;
}

SyncState parse_health(const Var& health) {
    const auto syncing = object(health, "the node's health").get("isSyncing");
    if (!syncing.isBoolean()) refuse("isSyncing is not true or false");
    return {.syncing = syncing.convert<bool>()};
}

std::string parse_subscription(const Var& name) {
    if (!name.isString() && !name.isInteger()) refuse("the subscription has no name");
    return name.convert<std::string>();
}

bool is_synced(const SyncState& state, bool was_synced) {
    const auto allowed = was_synced ? major_sync : block_on_its_way;
    return !state.syncing && state.highest <= state.current + allowed;
}

} // namespace cmw::substrate
