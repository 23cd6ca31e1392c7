// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/storage.hpp"

#include "consensus-source/substrate/verified_read.hpp"
#include "shared/hex.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>

namespace cmw::substrate {
namespace {

using Poco::Dynamic::Var;
using Array = Poco::JSON::Array::Ptr;
using Object = Poco::JSON::Object::Ptr;

[[noreturn]] void refuse(const std::string& what) {
    throw Error(CMW_INVALID, "cannot read the node's answer: " + what);
}

const Poco::JSON::Array& array(const Var& var, const char* what) {
    if (var.type() != typeid(Array)) refuse(std::string(what) + " are not a list");
    return *var.extract<Array>();
}

} // namespace

std::vector<std::uint8_t> parse_bytes(const Var& var, const char* what) {
    std::optional<std::vector<std::uint8_t>> bytes;
    if (var.isString() && var.extract<std::string>().starts_with("0x"))
        bytes = shared::from_hex(var.extract<std::string>());
    if (!bytes) refuse(std::string(what) + " is not hexadecimal");
    return std::move(*bytes);
}

Values parse_values(const Var& answer, const std::vector<std::string>& keys,
                    const std::string& hash) {
    Values values;
    for (const auto& set : array(answer, "the sets of values")) {
        if (set.type() != typeid(Object)) refuse("a set of values is not an object");
        const auto& given = *set.extract<Object>();
        if (parse_hash(given.get("block"), "the block of the values") != hash)
            refuse("the values are of another block");
        for (const auto& change : array(given.get("changes"), "the values")) {
            const auto& pair = array(change, "a key and its value");
            if (pair.size() != 2 || !pair.get(0).isString()) refuse("a value is without its key");
            auto& value = values[pair.get(0).extract<std::string>()];
            value.reset();
            if (!pair.isNull(1)) value = parse_bytes(pair.get(1), "a value");
        }
    }
    for (const auto& key : keys)
        if (!values.contains(key)) refuse("it says nothing of the key " + key);
    return values;
}

Values proven_values(const Var& answer, const std::vector<std::string>& keys,
                     const std::string& state_root) {
    const auto proof = parse_read_proof(answer);
    Hash root{};
    std::ranges::copy(parse_bytes(Var(state_root), "the state root"), root.begin());
    Values values;
    for (const auto& key : keys) values[key] = proof.value(root, parse_bytes(Var(key), "a key"));
    return values;
}

std::uint64_t Storage::ask(const Call& call, const std::vector<std::string>& keys,
                           const std::string& hash) {
    Poco::JSON::Array list;
    for (const auto& key : keys) list.add(key);
    return rpc_.ask(call, proofs_ ? "state_getReadProof" : "state_queryStorageAt", {list, hash});
}

Values Storage::take(const Call& call, std::uint64_t request, const std::vector<std::string>& keys,
                     const Block& block) {
    try {
        const auto answer = rpc_.result(call, request);
        return proofs_ ? proven_values(answer, keys, block.head.state_root)
                       : parse_values(answer, keys, block.hash);
    } catch (const Error& e) {
        if (e.status() != CMW_INVALID) throw;
        throw Error(e.status(), std::string(e.what()) + " (" + rpc_.endpoint().name() + ")");
    }
}

} // namespace cmw::substrate
