// SPDX-License-Identifier: Apache-2.0
//
// What the fake node answers to each method.
#include "fake_chain.hpp"

#include "shared/hex.hpp"

#include <Poco/JSON/Array.h>

#include <sstream>

namespace cmw::fakes {

using Poco::Dynamic::Var;
using Object = Poco::JSON::Object;

std::optional<std::size_t> FakeChain::number_of(const Var& hash) const {
    for (std::size_t i = 0; i < blocks_.size(); ++i)
        if (hash == blocks_[i].hash) return i;
    return std::nullopt;
}

Var FakeChain::header(std::size_t number) const {
    if (provable_) return provable_->header(number);
    std::ostringstream hex;
    hex << "0x" << std::hex << number;
    Object header;
    header.set("number", hex.str());
    header.set("parentHash", number == 0 ? hash_text(0) : blocks_[number - 1].hash);
    header.set("stateRoot", blocks_[number].hash);
    header.set("extrinsicsRoot", hash_text(0));
    return header;
}

Var FakeChain::result(const std::string& method, const Poco::JSON::Array& params) {
    const auto block = [&](unsigned at) -> std::size_t {
        if (at >= params.size()) return blocks_.size() - 1;
        const auto number = number_of(params.get(at));
        if (!number) throw RpcError{-32000, "Client error: UnknownBlock"};
        return *number;
    };
    const auto hex = [](const Bytes& bytes) { return "0x" + shared::to_hex(bytes); };
    if (method == "chain_getBlockHash") {
        const auto number = params.get(0).convert<std::size_t>();
        return number < blocks_.size() ? Var(blocks_[number].hash) : Var();
    }
    if (method == "chain_subscribeFinalizedHeads") return std::string(subscription);
    if (method == "chain_getFinalizedHead") return blocks_[final_].hash;
    if (provable_ && (method == "state_getReadProof" || method == "grandpa_proveFinality"))
        return *provable_->answer(method, params, final_);
    if (method == "chain_getHeader") {
        const auto number = block(0);
        return header(manners_.lies && number > 1 ? number - 1 : number);
    }
    if (method == "state_getRuntimeVersion") {
        Object version;
        version.set("specName", "fake");
        version.set("specVersion", 200 + blocks_[block(0)].runtime);
        return version;
    }
    if (method == "state_getMetadata") return hex(runtimes_[blocks_[block(0)].runtime]);
    if (method == "state_queryStorageAt") return values(*params.getArray(0), blocks_[block(1)]);
    if (method == "state_getKeysPaged")
        return keys(params.get(0).convert<std::string>(), params.get(1).convert<std::size_t>(),
                    blocks_[block(3)]);
    return sync_answer(method);
}

Var FakeChain::values(const Poco::JSON::Array& keys, const Block& block) const {
    Poco::JSON::Array changes;
    for (const auto& var : keys) {
        const auto& key = var.extract<std::string>();
        std::optional<Bytes> value;
        if (record_keys_.contains(key))
            value = block.value;
        else if (const auto found = block.state->find(key); found != block.state->end())
            value = found->second;
        Poco::JSON::Array change;
        change.add(key);
        change.add(value ? Var("0x" + shared::to_hex(*value)) : Var());
        if (!manners_.omits) changes.add(change);
    }
    Object set;
    set.set("block", block.hash);
    set.set("changes", changes);
    Poco::JSON::Array sets;
    sets.add(set);
    return sets;
}

Var FakeChain::keys(const std::string& prefix, std::size_t most, const Block& block) const {
    Poco::JSON::Array found;
    for (const auto& [key, value] : *block.state)
        if (key.starts_with(prefix) && found.size() < most) found.add(key);
    return found;
}

Var FakeChain::sync_answer(const std::string& method) const {
    const auto best = blocks_.size() - 1;
    if (method == "system_syncState" && !manners_.lacks_sync_state) {
        Object state;
        state.set("startingBlock", 0);
        state.set("currentBlock", best);
        state.set("highestBlock", std::max<std::uint64_t>(highest_, best));
        return state;
    }
    if (method == "system_health") {
        Object health;
        health.set("peers", 3);
        health.set("isSyncing", highest_ > best);
        health.set("shouldHavePeers", true);
        return health;
    }
    throw RpcError{-32601, "Method not found"};
}

} // namespace cmw::fakes
