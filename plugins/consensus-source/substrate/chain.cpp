// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/chain.hpp"

#include "consensus-source/substrate/storage_key.hpp"
#include "shared/digest_option.hpp"
#include "shared/hex.hpp"

#include <algorithm>
#include <malloc.h>

namespace cmw::substrate {
namespace {

using Clock = std::chrono::steady_clock;

// A syncing node may finalise nothing for long, so it is asked again. It is not idle anyway.
constexpr auto sync_pace = std::chrono::seconds(5);

RecordUse record_use(const Settings& settings) {
    return {.fields = settings.fields, .digest_size = shared::digest_size};
}

/// Of all that may be approved later, what differs from what is approved. A digest of nothing but
/// zeros is nobody's.
std::vector<Announcement> news_of(std::vector<Announcement> announced, const Digests& approved) {
    std::erase_if(announced, [&](const Announcement& one) {
        const auto now = approved.find(one.target);
        return (now != approved.end() && now->second == one.digest) ||
               std::ranges::count(one.digest, 0) == std::ssize(one.digest);
    });
    return announced;
}

} // namespace

Chain::Chain(const Call& call, const Settings& settings, const Host& host, const Endpoint& endpoint,
             VerifiedChain* verified)
    : settings_(settings),
      endpoint_(endpoint),
      rpc_(call, endpoint, settings.connect_timeout, settings.request_timeout),
      verified_(verified),
      storage_(rpc_, verified != nullptr),
      readiness_(settings, host),
      motions_(rpc_, host, record_use(settings)),
      check_at_(Clock::now() + settings.silence_timeout) {
    const auto genesis = rpc_.ask(call, "chain_getBlockHash", {0});
    const auto heads = rpc_.ask(call, "chain_subscribeFinalizedHeads");
    const auto head = rpc_.ask(call, "chain_getFinalizedHead");
    genesis_ = parse_hash(rpc_.result(call, genesis), "the genesis hash");
    if (settings.genesis && shared::from_hex(*settings.genesis) != shared::from_hex(genesis_))
        throw Error(CMW_CONFIG, "cannot use " + endpoint_.name() + ": it is of the network with " +
                                    "genesis " + genesis_ + ", not " + *settings.genesis);
    subscription_ = parse_subscription(rpc_.result(call, heads));
    const auto hash = parse_hash(rpc_.result(call, head), "the finalised head");
    newest_ = parse_head(rpc_.result(call, rpc_.ask(call, "chain_getHeader", {hash})));
}

bool Chain::take_news(const Call& call) {
    const auto header = rpc_.notification(call, subscription_, Time::min());
    if (!header) return false;
    check_at_ = Clock::now() + settings_.silence_timeout;
    missed_ = false;
    const auto head = parse_head(*header);
    if (head == newest_) return false; // A subscription begins with what is known.
    if (head.number <= newest_.number)
        throw Error(CMW_INVALID, "cannot follow " + endpoint_.name() +
                                     ": its finalised head went from block " +
                                     std::to_string(newest_.number) + " to another block " +
                                     std::to_string(head.number));
    newest_ = head;
    return true;
}

Chain::Time Chain::wake_at(bool sync_matters) const {
    if (sync_matters && waits_for_sync()) return sync_at_;
    return settings_.silence_timeout.count() > 0 ? check_at_ : Time::max();
}

bool Chain::tick(const Call& call, bool sync_matters) {
    if (sync_matters && waits_for_sync()) return true;
    const auto hash =
        parse_hash(rpc_.result(call, rpc_.ask(call, "chain_getFinalizedHead")), "the head");
    const auto head = parse_head(rpc_.result(call, rpc_.ask(call, "chain_getHeader", {hash})));
    // One that was finalised just now is given time to be told.
    const bool missed = head != newest_;
    if (missed && missed_)
        throw Error(CMW_AGAIN, "cannot rely on " + endpoint_.name() +
                                   ": it has a new finalised head and did not tell of it");
    missed_ = missed;
    check_at_ = Clock::now() + (missed ? settings_.request_timeout : settings_.silence_timeout);
    return false;
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

Block Chain::find_block(const Call& call, std::uint64_t number) {
    Block block{.head = newest_, .hash = {}, .executed_by = {}};
    if (number != newest_.number) {
        const auto hash = rpc_.result(call, rpc_.ask(call, "chain_getBlockHash", {number}));
        block.head = parse_head(rpc_.result(call, rpc_.ask(call, "chain_getHeader", {hash})));
        if (block.head.number != number)
            throw Error(CMW_INVALID, "cannot believe " + endpoint_.name() + ": its block " +
                                         std::to_string(number) + " has another number");
    }
    block.executed_by = number == 0 ? genesis_ : block.head.parent;
    return block;
}

Reading Chain::read(const Call& call, std::uint64_t number) {
    Reading reading;
    auto block = find_block(call, number);
    const auto hash = rpc_.ask(call, "chain_getBlockHash", {number});
    const auto version = rpc_.ask(call, "state_getRuntimeVersion", {block.executed_by});
    const auto sync = ask_sync(call);
    block.hash = parse_hash(rpc_.result(call, hash), "the hash of a block");
    reading.runtime = parse_runtime_version(rpc_.result(call, version));
    reading.sync = sync_answer(call, sync);
    reading.synced = synced_ = is_synced(reading.sync, synced_);
    sync_at_ = Clock::now() + sync_pace;
    reading.usable = !waits_for_sync();
    if (reading.usable) {
        if (verified_ != nullptr) reading.verified = prove(call, block);
        use_runtime(call, reading.runtime, block);
        reading.answer = read_state(call, block);
    }
    reading.answer.genesis = genesis_;
    reading.answer.number = number;
    reading.answer.hash = block.hash;
    return reading;
}

std::string Chain::prove(const Call& call, const Block& block) {
    const auto is = [](const std::string& text, const Hash& hash) {
        return text == "0x" + shared::to_hex(hash);
    };
    try {
        const auto header = verified_->prove(call, rpc_, block.head.number);
        if (!is(block.hash, header.hash) || !is(block.head.parent, header.parent) ||
            !is(block.head.state_root, header.state_root))
            throw Error(CMW_INVALID, "cannot believe block " + std::to_string(header.number) +
                                         ": another one is final");
    } catch (const Error& e) {
        if (e.status() == CMW_CANCELLED) throw;
        throw Error(e.status(), std::string(e.what()) + " (" + endpoint_.name() + ")");
    }
    return "proof, set " + std::to_string(verified_->set()) + ", block " +
           std::to_string(block.head.number);
}

void Chain::check_age(const Values& values, const Block& block) const {
    const auto& value = values.at(storage_key("Timestamp", "Now"));
    const auto where = "block " + std::to_string(block.head.number) + " of " + endpoint_.name();
    if (!value || value->size() != 8)
        throw Error(CMW_UNSUPPORTED, "cannot tell how old " + where +
                                         " is: it has no Timestamp.Now; use proof-age = \"0s\"");
    std::uint64_t made = 0; // In milliseconds since 1970.
    for (std::size_t i = 8; i-- > 0;) made = made << 8 | (*value)[i];
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto age = now - std::chrono::milliseconds(made);
    if (age > settings_.proof_age)
        throw Error(
            CMW_AGAIN,
            "cannot use " + where + ": by its own time it is " +
                std::to_string(std::chrono::duration_cast<std::chrono::minutes>(age).count()) +
                " minutes old");
}

Answer Chain::read_state(const Call& call, const Block& block) {
    std::vector<std::string> keys{runtime_->record_key};
    if (runtime_->admin_permission) keys.push_back(runtime_->admin_permission_key);
    std::ranges::copy(readiness_.keys(*runtime_), std::back_inserter(keys));
    std::ranges::copy(motions_.keys(*runtime_), std::back_inserter(keys));
    const bool dated = verified_ != nullptr && settings_.proof_age.count() > 0;
    if (dated) keys.push_back(storage_key("Timestamp", "Now"));
    const auto request = storage_.ask(call, keys, block.hash);
    const auto header = rpc_.ask(call, "chain_getHeader", {block.hash});
    motions_.ask(call, *runtime_, block.hash);
    const auto values = storage_.take(call, request, keys, block);
    if (parse_head(rpc_.result(call, header)) != block.head)
        throw Error(CMW_INVALID, "cannot believe " + endpoint_.name() + ": its block " +
                                     std::to_string(block.head.number) +
                                     " is not the one that it calls final");
    if (dated) check_age(values, block);
    Answer answer{.approved = approved(values, block)};
    answer.standing = readiness_.judge(call, storage_, block, *runtime_, values);
    answer.announced =
        news_of(motions_.judge(call, storage_, block, *runtime_, values), answer.approved);
    answer.admin_permission = permission(values);
    return answer;
}

std::optional<std::uint64_t> Chain::permission(const Values& values) const {
    const auto& item = runtime_->admin_permission;
    if (!item) return std::nullopt;
    const auto& value = values.at(runtime_->admin_permission_key);
    try {
        return number(decode(item->value, value ? *value : item->fallback));
    } catch (const Error&) {
        return std::nullopt; // It is shown, and nothing depends on it.
    }
}

Digests Chain::approved(const Values& values, const Block& block) const {
    const auto where = settings_.pallet + "." + settings_.item + " at block " +
                       std::to_string(block.head.number) + " of " + endpoint_.name();
    const auto& value = values.at(runtime_->record_key);
    // The runtime would make a default of a missing value, but nobody approved that.
    if (!value) throw Error(CMW_NOT_FOUND, "cannot find " + where);
    try {
        Digests digests;
        for (const auto& [target, digest] :
             approvals(runtime_->record, *value, record_use(settings_)))
            digests[target] = {digest.begin(), digest.end()};
        return digests;
    } catch (const Error& e) {
        throw Error(e.status(), "cannot use " + where + ": " + e.what());
    }
}

void Chain::use_runtime(const Call& call, const RuntimeVersion& version, const Block& block) {
    if (runtime_ && version == runtime_->version) return;
    try {
        const auto metadata =
            parse_bytes(rpc_.result(call, rpc_.ask(call, "state_getMetadata", {block.executed_by})),
                        "the metadata");
        runtime_ = read_runtime(version, metadata, settings_);
    } catch (const Error& e) {
        if (e.status() == CMW_CANCELLED) throw;
        throw Error(e.status(), std::string(e.what()) + " (" + version.name + " " +
                                    std::to_string(version.version) + " at " + endpoint_.name() +
                                    ")");
    }
    // A new runtime is rare, and its metadata were megabytes on the way here: back they go.
    ::malloc_trim(0);
}

} // namespace cmw::substrate
