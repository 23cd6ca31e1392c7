// SPDX-License-Identifier: Apache-2.0
#include "fake_chain.hpp"

#include "consensus-source/substrate/storage_key.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace cmw::fakes {
namespace {

using Poco::Dynamic::Var;
using Object = Poco::JSON::Object;

std::string stringify(const Object& object) {
    std::ostringstream text;
    object.stringify(text);
    return text.str();
}

} // namespace

FakeChain::FakeChain(const Record& record, bool proofs)
    : record_key_(substrate::storage_key(record.pallet, record.item)),
      runtimes_{make_metadata(record)},
      record_keys_{record_key_},
      state_(std::make_shared<std::map<std::string, Bytes>>()),
      server_([this](auto& peer, const auto& text) { take(peer, text); }, [this] { flush(); }) {
    const std::lock_guard lock(server_.lock());
    if (proofs) provable_.emplace();
    std::vector<std::uint8_t> digests;
    for (std::size_t i = 0; i < record.fields.size(); ++i)
        digests.push_back(static_cast<std::uint8_t>(i + 1));
    add(std::nullopt);
    add(make_value(record, digests));
}

std::string FakeChain::genesis() const {
    return blocks_[0].hash;
}

std::string FakeChain::hash_text(std::uint64_t seed) {
    std::ostringstream text;
    text << std::hex << seed;
    return "0x" + std::string(64 - text.str().size(), '7') + text.str();
}

void FakeChain::add(std::optional<Bytes> value) {
    if (provable_) {
        auto values = *state_;
        if (value) values[record_key_] = *value;
        provable_->resize(blocks_.size());
        provable_->add(values);
        blocks_.push_back({provable_->hash(blocks_.size()), std::move(value), code_, state_});
        return;
    }
    // A block that stands in for another has another hash.
    blocks_.push_back(
        {hash_text(blocks_.size() * 256 + forks_ + 1), std::move(value), code_, state_});
}

void FakeChain::behave(const Manners& manners) {
    const std::lock_guard lock(server_.lock());
    manners_ = manners;
}

void FakeChain::upgrade_handshake(bool yes) {
    const std::lock_guard lock(server_.lock());
    server_.upgrade = yes;
}

void FakeChain::finalise(std::optional<Bytes> value) {
    const std::lock_guard lock(server_.lock());
    blocks_.resize(final_ + 1);
    ++forks_;
    add(std::move(value));
    ++final_;
    tell(final_);
}

void FakeChain::propose(const Bytes& value) {
    const std::lock_guard lock(server_.lock());
    add(value);
}

void FakeChain::upgrade_runtime(const Record& record) {
    const std::lock_guard lock(server_.lock());
    runtimes_.push_back(make_metadata(record));
    code_ = runtimes_.size() - 1;
    record_key_ = substrate::storage_key(record.pallet, record.item);
    record_keys_.insert(record_key_);
}

void FakeChain::go_back() {
    const std::lock_guard lock(server_.lock());
    tell(final_ - 1);
}

void FakeChain::fork(std::optional<Bytes> value) {
    const std::lock_guard lock(server_.lock());
    --final_;
    finalise(std::move(value));
}

void FakeChain::store(const std::string& key, std::optional<Bytes> value) {
    const std::lock_guard lock(server_.lock());
    auto changed = *state_;
    changed.erase(key);
    if (value) changed.emplace(key, std::move(*value));
    state_ = std::make_shared<std::map<std::string, Bytes>>(std::move(changed));
}

void FakeChain::store(std::map<std::string, Bytes> values) {
    const std::lock_guard lock(server_.lock());
    values.insert(state_->begin(), state_->end());
    state_ = std::make_shared<std::map<std::string, Bytes>>(std::move(values));
}

void FakeChain::sync(std::uint64_t highest) {
    const std::lock_guard lock(server_.lock());
    highest_ = highest;
}

void FakeChain::cut_all() {
    const std::lock_guard lock(server_.lock());
    for (auto& peer : server_.peers()) WebSocketServer::cut(peer);
}

std::vector<std::string> FakeChain::take_requests() {
    const std::lock_guard lock(server_.lock());
    return std::exchange(requests_, {});
}

bool FakeChain::wait_for_request(const std::string& method) {
    for (int i = 0; i < 3000; ++i) {
        {
            const std::lock_guard lock(server_.lock());
            if (std::ranges::count(requests_, method) > 0) return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::size_t FakeChain::requests(const std::string& method) {
    const std::lock_guard lock(server_.lock());
    return static_cast<std::size_t>(std::ranges::count(requests_, method));
}

FakeChain::Traffic FakeChain::take_traffic() {
    const std::lock_guard lock(server_.lock());
    return {std::exchange(server_.bytes_in, 0), std::exchange(server_.bytes_out, 0)};
}

unsigned FakeChain::connections() {
    const std::lock_guard lock(server_.lock());
    return server_.connected;
}

unsigned FakeChain::pongs() {
    const std::lock_guard lock(server_.lock());
    return server_.pongs;
}

void FakeChain::tell(std::size_t number) {
    if (manners_.keeps_heads) return;
    Object params;
    params.set("subscription", subscription);
    if (manners_.ends_subscription)
        params.set("error", "the subscription is over");
    else
        params.set("result", header(number));
    Object message;
    message.set("jsonrpc", "2.0");
    message.set("method", "chain_finalizedHead");
    message.set("params", params);
    for (auto& peer : server_.peers()) {
        if (!subscribed_.contains(peer.fd)) continue;
        send(peer, stringify(message));
        if (manners_.cuts_after_head) WebSocketServer::cut(peer);
    }
}

void FakeChain::take(WebSocketServer::Peer& peer, const std::string& text) {
    const auto request = Poco::JSON::Parser().parse(text).extract<Object::Ptr>();
    const auto method = request->getValue<std::string>("method");
    requests_.push_back(method);
    if (manners_.cuts) return WebSocketServer::cut(peer);
    if (manners_.silent) return;
    if (manners_.garbage) return send(peer, "<html>Bad gateway</html>");
    if (manners_.torn)
        return server_.send_raw(peer, std::string("\x81\x40{\"id\":", 9)); // 64 bytes said
    if (manners_.huge) // 2^30 bytes follow, it says.
        return server_.send_raw(peer, std::string("\x81\x7f\0\0\0\0\x40\0\0\0", 10));
    if (method == "chain_subscribeFinalizedHeads") subscribed_.insert(peer.fd);
    Object answer;
    answer.set("jsonrpc", "2.0");
    answer.set("id", manners_.wrong_ids ? Var(-7) : request->get("id"));
    try {
        if (method == manners_.fails) throw RpcError{-32000, "State already discarded"};
        answer.set("result", result(method, *request->getArray("params")));
        if (manners_.odd) answer.set("result", Object());
    } catch (const RpcError& e) {
        Object error;
        error.set("code", e.code);
        error.set("message", e.message);
        answer.set("error", error);
    }
    if (manners_.batches)
        held_[peer.fd].push_back(stringify(answer));
    else
        send(peer, stringify(answer));
}

void FakeChain::flush() {
    for (auto& peer : server_.peers()) {
        auto& held = held_[peer.fd];
        if (held.empty()) continue;
        std::string batch;
        for (auto one = held.rbegin(); one != held.rend(); ++one)
            batch += (batch.empty() ? "[" : ",") + *one;
        held.clear();
        send(peer, batch + "]");
    }
}

void FakeChain::send(WebSocketServer::Peer& peer, const std::string& text) {
    if (!manners_.fragments) return server_.send_text(peer, text);
    const auto third = text.size() / 3;
    server_.send_frame(peer, 0x01, text.substr(0, third));
    server_.send_frame(peer, 0x89, "are you there?");
    server_.send_frame(peer, 0x00, text.substr(third, third));
    server_.send_frame(peer, 0x80, text.substr(2 * third));
}

} // namespace cmw::fakes
