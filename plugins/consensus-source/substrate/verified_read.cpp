// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/verified_read.hpp"

#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/storage_key.hpp"
#include "shared/hex.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>

namespace cmw::substrate {
namespace {

using Poco::Dynamic::Var;
using Array = Poco::JSON::Array::Ptr;
using Object = Poco::JSON::Object::Ptr;
using Blob = std::vector<std::uint8_t>;

// Each write wears the disk, each block in between could be read again after a restart.
constexpr std::uint64_t save_every = 100;

Hash hash_of(const std::string& hex) {
    const auto bytes = shared::from_hex(hex).value_or(Blob{});
    Hash hash{};
    if (bytes.size() == hash.size()) std::ranges::copy(bytes, hash.begin());
    return hash;
}

std::string text(const Hash& hash) {
    return "0x" + shared::to_hex(hash);
}

[[noreturn]] void refuse(const std::string& what) {
    throw Error(CMW_INVALID, "cannot read the node's answer: " + what);
}

Blob bytes_of(const Var& var, const char* what) {
    std::optional<Blob> bytes;
    if (var.isString() && var.extract<std::string>().starts_with("0x"))
        bytes = shared::from_hex(var.extract<std::string>());
    if (!bytes) refuse(std::string(what) + " is not hexadecimal");
    return std::move(*bytes);
}

std::vector<Blob> list_of(const Var& var, const char* what) {
    if (var.type() != typeid(Array)) refuse(std::string(what) + " are not a list");
    std::vector<Blob> blobs;
    for (const auto& one : *var.extract<Array>()) blobs.push_back(bytes_of(one, what));
    return blobs;
}

const Poco::JSON::Object& object(const Var& var, const char* what) {
    if (var.type() != typeid(Object)) refuse(std::string(what) + " is not an object");
    return *var.extract<Object>();
}

Header get_header(const Call& call, RpcClient& rpc, const Hash& hash) {
    auto header =
        parse_full_header(rpc.result(call, rpc.ask(call, "chain_getHeader", {text(hash)})), hash);
    if (!header)
        throw Error(CMW_NOT_FOUND, "cannot find the block " + text(hash) +
                                       " at the node: it is not of this chain, or the node has "
                                       "not come as far");
    return std::move(*header);
}

/// What the node answers to a question for a proof of this block; null: it has none.
Blob ask_finality(const Call& call, RpcClient& rpc, std::uint64_t number) {
    const auto answer = rpc.result(call, rpc.ask(call, "grandpa_proveFinality", {number}));
    if (answer.isEmpty())
        throw Error(CMW_AGAIN, "cannot get a proof that block " + std::to_string(number) +
                                   " is final: the node keeps no justification for it");
    return bytes_of(answer, "the finality proof");
}

} // namespace

std::optional<Header> parse_full_header(const Var& answer, const Hash& hash) {
    if (answer.isEmpty()) return std::nullopt;
    const auto head = parse_head(answer);
    const auto logs =
        list_of(object(object(answer, "the header").get("digest"), "the digest").get("logs"),
                "the digest's items");
    auto header =
        decode_header(encode_header(hash_of(head.parent), head.number, hash_of(head.state_root),
                                    hash_of(head.extrinsics_root), logs));
    if (header.hash != hash)
        throw Error(CMW_INVALID, "cannot believe the header of block " +
                                     std::to_string(head.number) + ": its hash is " +
                                     text(header.hash) + ", not " + text(hash));
    return header;
}

TrieProof parse_read_proof(const Var& answer) {
    return TrieProof(
        list_of(object(answer, "the storage proof").get("proof"), "the proof's nodes"));
}

std::vector<std::string> authority_set_keys() {
    // Runtimes before 2024 have the list at ":grandpa_authorities", later ones in the pallet.
    constexpr std::string_view well_known = ":grandpa_authorities";
    return {storage_key("Grandpa", "CurrentSetId"), storage_key("Grandpa", "PendingChange"),
            storage_key("Grandpa", "Authorities"),
            "0x" + shared::to_hex({reinterpret_cast<const std::uint8_t*>(well_known.data()),
                                   well_known.size()})};
}

AuthoritySet read_authority_set(const TrieProof& proof, const Hash& state_root) {
    const auto keys = authority_set_keys();
    const auto value = [&](std::size_t key) {
        return proof.value(state_root, *shared::from_hex(keys[key]));
    };
    if (value(1))
        throw Error(CMW_CONFIG, "cannot begin at this checkpoint: a change of the authorities is "
                                "under way there; name another block");
    AuthoritySet set;
    if (const auto id = value(0)) {
        ScaleReader reader(*id);
        set.id = reader.u32();
        set.id |= std::uint64_t{reader.u32()} << 32;
    }
    auto list = value(3);
    std::size_t begin = 1; // After the version of the list.
    if (list && (list->empty() || (*list)[0] != 1))
        throw Error(CMW_UNSUPPORTED, "cannot read the list of authorities: its version is not 1");
    if (!list) {
        list = value(2);
        begin = 0;
    }
    if (!list)
        throw Error(CMW_UNSUPPORTED, "cannot verify this chain: it has no GRANDPA authorities");
    ScaleReader reader(*list, begin);
    set.authorities = read_authorities(reader);
    return set;
}

VerifiedChain::VerifiedChain(const Hash& checkpoint, const Host& host)
    : host_(host), path_(std::string(host.state_dir()) + "/authorities"), checkpoint_(checkpoint) {
    try {
        state_ = load_authority_state(path_);
    } catch (const Error& e) {
        host_.warn(std::string(e.what()) + " (" + path_ + "); beginning at the checkpoint");
    }
    // Another checkpoint is the operator's word, which counts for more than what was kept.
    if (state_ && state_->checkpoint != checkpoint_) state_.reset();
    if (!state_) return;
    known_ = std::max(state_->since, state_->read);
    saved_ = state_->read;
}

void VerifiedChain::begin(const Call& call, RpcClient& rpc) {
    const auto header = get_header(call, rpc, checkpoint_);
    Array keys(new Poco::JSON::Array);
    for (const auto& key : authority_set_keys()) keys->add(key);
    const auto proof = parse_read_proof(
        rpc.result(call, rpc.ask(call, "state_getReadProof", {keys, text(checkpoint_)})));
    state_ = AuthorityState{.checkpoint = checkpoint_,
                            .set = read_authority_set(proof, header.state_root),
                            .since = header.number,
                            .since_hash = checkpoint_,
                            .read = header.number};
    known_ = header.number;
    save();
}

Header VerifiedChain::prove(const Call& call, RpcClient& rpc, std::uint64_t number) {
    if (!state_) begin(call, rpc);
    if (number < std::max(state_->since, state_->read))
        throw Error(CMW_AGAIN, "cannot go back to block " + std::to_string(number) +
                                   ": the chain was read up to block " +
                                   std::to_string(std::max(state_->since, state_->read)));
    std::optional<Hash> hash;
    while (!hash) {
        if (number == state_->since) {
            hash = state_->since_hash;
            break;
        }
        const auto answer = ask_finality(call, rpc, number);
        const auto proof = decode_finality_proof(answer);
        try {
            hash =
                proven_block(proof, check_justification(proof.justification, state_->set), number);
        } catch (const Error& e) {
            // Perhaps by authorities that came later.
            if (e.status() != CMW_INVALID || !advance(call, rpc, number)) throw;
        }
    }
    auto header = get_header(call, rpc, *hash);
    if (header.number != number)
        throw Error(CMW_INVALID, "cannot believe that block " + std::to_string(number) +
                                     " is final: the justified one has another number");
    known_ = std::max(known_, number);
    if (header.change && number > state_->since) follow(header);
    return header;
}

void VerifiedChain::keep(std::uint64_t number) {
    if (!state_ || number <= state_->read) return;
    state_->read = number;
    if (number - saved_ >= save_every) save();
}

void VerifiedChain::follow(const Header& header) {
    if (header.change->forced || header.change->delay != 0)
        throw Error(CMW_CONFIG, "cannot follow the authorities over block " +
                                    std::to_string(header.number) +
                                    ": they change by force or with a delay; name a checkpoint "
                                    "after it");
    state_->set = {state_->set.id + 1, header.change->next};
    state_->since = known_ = header.number;
    state_->since_hash = header.hash;
    save();
}

bool VerifiedChain::advance(const Call& call, RpcClient& rpc, std::uint64_t number) {
    if (known_ + 1 > number) return false;
    const auto answer = ask_finality(call, rpc, known_ + 1);
    const auto proof = decode_finality_proof(answer);
    const auto last = check_justification(proof.justification, state_->set);
    if (last.number <= known_ || last.number > number) return false;
    const auto header = get_header(call, rpc, last.hash);
    if (header.number != last.number || !header.change) return false;
    follow(header);
    return true;
}

void VerifiedChain::save() {
    try {
        save_authority_state(path_, *state_);
        saved_ = state_->read;
    } catch (const Error& e) {
        // What is proven stays so; after a restart it is proven once more.
        host_.warn(e.what());
    }
}

} // namespace cmw::substrate
