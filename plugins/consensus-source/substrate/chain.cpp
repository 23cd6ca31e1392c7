// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/chain.hpp"

#include "consensus-source/substrate/storage_key.hpp"
#include "shared/hex.hpp"

#include <malloc.h>

namespace cmw::substrate {
namespace {

using Clock = std::chrono::steady_clock;
using Poco::Dynamic::Var;

// A syncing node may finalise nothing for long, so it is asked again. It is not idle anyway.
constexpr auto sync_pace = std::chrono::seconds(5);

std::vector<std::uint8_t> bytes_of(const Var& var, const char* what) {
    std::optional<std::vector<std::uint8_t>> bytes;
    if (var.isString() && var.extract<std::string>().starts_with("0x"))
        bytes = shared::from_hex(var.extract<std::string>());
    if (!bytes)
        throw Error(CMW_INVALID,
                    std::string("cannot read the node's answer: ") + what + " is not hexadecimal");
    return std::move(*bytes);
}

} // namespace

Chain::Chain(const Call& call, const Settings& settings, const Endpoint& endpoint)
    : settings_(settings),
      endpoint_(endpoint),
      rpc_(call, endpoint, settings.connect_timeout, settings.request_timeout),
      check_at_(Clock::now() + settings.silence_timeout) {
    const auto genesis = rpc_.ask(call, "chain_getBlockHash", {0});
    const auto heads = rpc_.ask(call, "chain_subscribeFinalizedHeads");
    const auto head = rpc_.ask(call, "chain_getFinalizedHead");
    genesis_ = parse_hash(rpc_.result(call, genesis), "the genesis hash");
    if (settings.genesis && shared::from_hex(*settings.genesis) != shared::from_hex(genesis_))
        throw Error(CMW_CONFIG, "cannot use " + endpoint_.name() + ": it is of the network with " +
                                    "genesis " + genesis_ + ", not " + *settings.genesis);
    subscription_ = rpc_.result(call, heads).convert<std::string>();
    hash_ = parse_hash(rpc_.result(call, head), "the finalised head");
    newest_ = parse_head(rpc_.result(call, rpc_.ask(call, "chain_getHeader", {hash_})));
}

void Chain::wait_for_news(const Call& call) {
    const bool waits_for_sync = settings_.require_synced && !synced_;
    while (true) {
        auto until = Clock::time_point::max();
        if (waits_for_sync)
            until = Clock::now() + sync_pace;
        else if (settings_.silence_timeout.count() > 0)
            until = check_at_;
        if (const auto header = rpc_.notification(call, subscription_, until)) {
            check_at_ = Clock::now() + settings_.silence_timeout;
            missed_ = false;
            const auto head = parse_head(*header);
            if (head == newest_) continue; // A subscription begins with what is known.
            if (head.number <= newest_.number)
                throw Error(CMW_INVALID, "cannot follow " + endpoint_.name() +
                                             ": its finalised head went from block " +
                                             std::to_string(newest_.number) + " to another block " +
                                             std::to_string(head.number));
            newest_ = head;
            return;
        }
        if (waits_for_sync) return;
        check_silence(call);
    }
}

void Chain::check_silence(const Call& call) {
    const auto head =
        parse_hash(rpc_.result(call, rpc_.ask(call, "chain_getFinalizedHead")), "the head");
    // One that was finalised just now is given time to be told.
    const bool missed = head != hash_;
    if (missed && missed_)
        throw Error(CMW_AGAIN, "cannot rely on " + endpoint_.name() +
                                   ": it has a new finalised head and did not tell of it");
    missed_ = missed;
    check_at_ = Clock::now() + (missed ? settings_.request_timeout : settings_.silence_timeout);
}

std::uint64_t Chain::ask_sync(const Call& call) {
    return rpc_.ask(call, lacks_sync_state_ ? "system_health" : "system_syncState");
}

SyncState Chain::sync_answer(const Call& call, std::uint64_t request) {
    if (!lacks_sync_state_) {
        const auto answer = rpc_.answer(call, request);
        using Kind = shared::json_rpc::Message::Kind;
        if (answer.kind == Kind::Result) return parse_sync_state(answer.value);
        if (answer.code != shared::json_rpc::method_not_found)
            throw Error(CMW_AGAIN, "cannot get system_syncState from " + endpoint_.name() + ": " +
                                       answer.text);
        lacks_sync_state_ = true;
        request = ask_sync(call);
    }
    return parse_health(rpc_.result(call, request));
}

Reading Chain::read(const Call& call) {
    Reading reading{.head = newest_};
    const auto& head = reading.head;
    // A block's storage is laid out by the runtime that executed it, which is the one in force
    // after its parent: an upgrade enacted by this block moves the storage only with the next.
    const auto& executed_by = head.number == 0 ? genesis_ : head.parent;
    const auto hash = rpc_.ask(call, "chain_getBlockHash", {head.number});
    const auto version = rpc_.ask(call, "state_getRuntimeVersion", {executed_by});
    const auto sync = ask_sync(call);
    reading.hash = parse_hash(rpc_.result(call, hash), "the hash of a block");
    reading.runtime = parse_runtime_version(rpc_.result(call, version));
    reading.sync = sync_answer(call, sync);
    reading.synced = synced_ = is_synced(reading.sync, synced_);
    if (synced_ || !settings_.require_synced) {
        use_runtime(call, reading.runtime, executed_by);
        const auto value = rpc_.ask(call, "state_getStorage", {key_, reading.hash});
        const auto header = rpc_.ask(call, "chain_getHeader", {reading.hash});
        const auto found = rpc_.result(call, value);
        if (parse_head(rpc_.result(call, header)) != head)
            throw Error(CMW_INVALID, "cannot believe " + endpoint_.name() + ": its block " +
                                         std::to_string(head.number) +
                                         " is not the one that it calls final");
        // The runtime would make a default of a missing value, but nobody approved that.
        if (found.isEmpty()) throw Error(CMW_NOT_FOUND, "cannot find " + place(head));
        reading.value = bytes_of(found, "the value");
    }
    hash_ = reading.hash;
    return reading;
}

void Chain::use_runtime(const Call& call, const RuntimeVersion& version, const std::string& at) {
    if (item_ && version == runtime_) return;
    {
        const auto metadata =
            bytes_of(rpc_.result(call, rpc_.ask(call, "state_getMetadata", {at})), "the metadata");
        try {
            item_ = find_storage_item(metadata, settings_.pallet, settings_.item);
        } catch (const Error& e) {
            throw Error(e.status(), std::string(e.what()) + " (" + version.name + " " +
                                        std::to_string(version.version) + " at " +
                                        endpoint_.name() + ")");
        }
    }
    if (!item_->hashers.empty())
        throw Error(CMW_CONFIG, "cannot take approvals from " + settings_.pallet + "." +
                                    settings_.item + ": it is a map");
    runtime_ = version;
    key_ = storage_key(item_->prefix, item_->name);
    // A new runtime is rare, and its metadata were megabytes on the way here: back they go.
    ::malloc_trim(0);
}

std::string Chain::place(const Head& head) const {
    return settings_.pallet + "." + settings_.item + " at block " + std::to_string(head.number) +
           " of " + endpoint_.name();
}

} // namespace cmw::substrate
