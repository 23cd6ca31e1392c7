// SPDX-License-Identifier: Apache-2.0
//
// shared/json_rpc.hpp - the messages of JSON-RPC 2.0, without a connection.
//
// Source: the JSON-RPC 2.0 specification; subscriptions as Substrate's nodes and Ethereum's do
// them, by notifications whose parameters are {"subscription": ID, "result": ...}.
#pragma once

#include <Poco/Dynamic/Var.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cmw::shared::json_rpc {

/// "the method does not exist", an error's code.
inline constexpr std::int64_t method_not_found = -32601;

/// What a peer sent.
struct Message {
    enum class Kind { Result, Error, Notification };

    Kind kind = Kind::Result;
    std::uint64_t id = 0;     ///< Of the request that it answers.
    std::string subscription; ///< Of a notification, as text whatever it was.
    Poco::Dynamic::Var value; ///< The result, or what the notification brings.
    std::int64_t code = 0;    ///< Of an error.
    std::string text;         ///< Of an error, as the peer put it; shortened, on one line.
};

/// A request as one line of JSON.
std::string request(std::uint64_t id, const std::string& method,
                    const std::vector<Poco::Dynamic::Var>& params);

/// The messages of one text, which is one of them or a batch. Throws cmw::Error(CMW_INVALID) if it
/// is neither. Requests of the peer and answers with the id of nobody are left out, but an error
/// without an id, which is about the connection, throws.
std::vector<Message> parse(const std::string& text);

/// A peer's words, fit to stand in a message: one line of at most 200 bytes.
std::string quote(std::string text);

} // namespace cmw::shared::json_rpc
