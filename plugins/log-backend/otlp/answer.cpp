// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <charconv>

namespace cmw::otlp {

namespace {

using Object = Poco::JSON::Object::Ptr;
using Poco::Dynamic::Var;

constexpr std::size_t unreadable = 1;

/// A 64-bit integer is a string in proto3's JSON; readers take a number, too.
std::size_t count_of(const Var& value) {
    if (value.isEmpty()) return 0;
    if (!value.isString() && !value.isInteger()) return unreadable;
    const auto text = value.convert<std::string>();
    std::size_t count = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, count);
    return problem == std::errc() && stopped == end ? count : unreadable;
}

PartialSuccess partial_success(const Var& value) {
    if (value.isEmpty()) return {};
    if (value.type() != typeid(Object)) return {unreadable, false};
    const auto& object = *value.extract<Object>();
    const auto message = object.get("errorMessage");
    return {count_of(object.get("rejectedLogRecords")),
            message.isString() && !message.extract<std::string>().empty()};
}

} // namespace

std::optional<PartialSuccess> read_answer(const std::string& text) try {
    if (text.empty()) return PartialSuccess{};
    Poco::JSON::Parser parser;
    parser.setDepth(16);
    const auto root = parser.parse(text);
    if (root.type() != typeid(Object)) return std::nullopt;
    return partial_success(root.extract<Object>()->get("partialSuccess"));
} catch (const std::exception&) { // Poco's, and std's for numbers that are none.
    return std::nullopt;
}

shared::PostVerdict judge(int status, const std::string& text) {
    using Kind = shared::PostVerdict::Kind;
    if (status / 100 != 2) return shared::usual_verdict(status);
    const auto answer = read_answer(text);
    if (!answer) return {Kind::failed};
    return {Kind::taken, answer->rejected};
}

} // namespace cmw::otlp
