// SPDX-License-Identifier: Apache-2.0
#include "shared/json_rpc.hpp"

#include <cmw/error.hpp>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

namespace cmw::shared::json_rpc {
namespace {

using Poco::Dynamic::Var;
using Object = Poco::JSON::Object::Ptr;

constexpr std::size_t longest_quote = 200;
constexpr std::size_t deepest = 64;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(CMW_INVALID, "cannot read a JSON-RPC message: " + why);
}

std::string id_text(const Var& id) {
    return id.isString() || id.isInteger() ? id.convert<std::string>() : std::string();
}

void read_error(const Var& error, Message& message) {
    message.kind = Message::Kind::Error;
    if (error.type() != typeid(Object)) refuse("the error is not an object");
    const auto& object = error.extract<Object>();
    const auto code = object->get("code");
    const auto text = object->get("message");
    if (code.isInteger()) message.code = code.convert<std::int64_t>();
    message.text = quote(text.isString() ? text.extract<std::string>() : "no reason given");
}

std::optional<Message> read_notification(const Object& object) {
    const auto params = object->get("params");
    if (params.type() != typeid(Object)) return std::nullopt;
    const auto& given = params.extract<Object>();
    Message message{.kind = Message::Kind::Notification};
    message.subscription = id_text(given->get("subscription"));
    if (message.subscription.empty()) return std::nullopt;
    message.value = given->get("result");
    return message;
}

std::optional<Message> read(const Var& var) {
    if (var.type() != typeid(Object)) refuse("it is not an object");
    const auto& object = var.extract<Object>();
    if (object->has("method")) return read_notification(object);
    Message message;
    const auto id = object->get("id");
    if (object->has("error") && !object->isNull("error"))
        read_error(object->get("error"), message);
    else if (object->has("result"))
        message.value = object->get("result");
    else
        refuse("it has neither a result nor an error");
    if (id.isEmpty() && message.kind == Message::Kind::Error)
        refuse("the peer refuses ours: " + message.text);
    if (!id.isInteger() || (id.isSigned() && id.convert<std::int64_t>() < 0)) return std::nullopt;
    message.id = id.convert<std::uint64_t>();
    return message;
}

} // namespace

std::string quote(std::string text) {
    if (text.size() > longest_quote) {
        auto end = longest_quote; // Not within a character.
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
        text.resize(end);
    }
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

std::string request(std::uint64_t id, const std::string& method, const std::vector<Var>& params) {
    Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    Poco::JSON::Array list;
    for (const auto& param : params) list.add(param);
    object.set("jsonrpc", "2.0");
    object.set("id", id);
    object.set("method", method);
    object.set("params", list);
    std::ostringstream out;
    object.stringify(out);
    return out.str();
}

std::vector<Message> parse(const std::string& text) {
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(deepest);
        const auto root = parser.parse(text);
        std::vector<Message> messages;
        const auto add = [&](const Var& var) {
            if (auto message = read(var)) messages.push_back(std::move(*message));
        };
        if (root.type() == typeid(Poco::JSON::Array::Ptr)) {
            for (const auto& var : *root.extract<Poco::JSON::Array::Ptr>()) add(var);
        } else {
            add(root);
        }
        return messages;
    } catch (const Poco::Exception& e) {
        refuse(quote(e.displayText()));
    }
}

} // namespace cmw::shared::json_rpc
