// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/rpc_client.hpp"

namespace cmw::substrate {
namespace {

using Clock = std::chrono::steady_clock;
using shared::json_rpc::Message;

// More than anything here asks for at once; a peer cannot fill the memory with what nobody wants.
constexpr std::size_t most_kept = 64;

} // namespace

RpcClient::RpcClient(const Call& call, const Endpoint& endpoint,
                     std::chrono::nanoseconds connect_timeout,
                     std::chrono::nanoseconds request_timeout)
    : endpoint_(endpoint),
      request_timeout_(request_timeout),
      socket_(call, endpoint, connect_timeout, request_timeout) {}

std::uint64_t RpcClient::ask(const Call& call, const std::string& method,
                             const std::vector<Poco::Dynamic::Var>& params) {
    // A call that was cancelled leaves its questions behind: their answers are not waited for.
    if (asked_.size() >= most_kept) asked_.erase(asked_.begin());
    if (answers_.size() >= most_kept) answers_.erase(answers_.begin());
    const auto id = ++last_id_;
    socket_.send(call, shared::json_rpc::request(id, method, params));
    asked_.emplace(id, method);
    return id;
}

Message RpcClient::answer(const Call& call, std::uint64_t request) {
    const auto until = Clock::now() + request_timeout_;
    while (true) {
        if (auto found = answers_.extract(request)) return std::move(found.mapped());
        if (Clock::now() >= until || !receive(call, until)) {
            throw Error(CMW_AGAIN, "cannot wait longer for " + endpoint_.name() + " to answer " +
                                       asked_[request]);
        }
    }
}

Poco::Dynamic::Var RpcClient::result(const Call& call, std::uint64_t request) {
    const auto asked = asked_.find(request);
    const auto method = asked != asked_.end() ? asked->second : std::string("a request");
    auto message = answer(call, request);
    if (message.kind == Message::Kind::Error)
        throw Error(CMW_AGAIN,
                    "cannot get " + method + " from " + endpoint_.name() + ": " + message.text);
    return message.value;
}

std::optional<Poco::Dynamic::Var>
RpcClient::notification(const Call& call, const std::string& subscription, Time until) {
    // What already lies in the socket's buffer is newer than what was taken from it.
    while (receive(call, Time::min())) {
    }
    while (true) {
        if (const auto found = notifications_.extract(subscription))
            return std::optional<Poco::Dynamic::Var>(std::in_place, found.mapped());
        if (!receive(call, until)) return std::nullopt;
    }
}

bool RpcClient::receive(const Call& call, Time until) {
    const auto text = socket_.receive(call, until);
    if (!text) return false;
    std::vector<Message> messages;
    try {
        messages = shared::json_rpc::parse(*text);
    } catch (const Error& e) {
        throw Error(e.status(), "cannot rely on " + endpoint_.name() + ": " + e.what());
    }
    for (auto& message : messages) {
        if (message.kind == Message::Kind::Notification) {
            if (notifications_.size() < most_kept || notifications_.contains(message.subscription))
                notifications_[message.subscription] = message.value;
        } else if (asked_.erase(message.id) != 0) {
            answers_.emplace(message.id, std::move(message));
        }
    }
    return true;
}

} // namespace cmw::substrate
