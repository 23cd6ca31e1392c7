// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/json.hpp"

#include <cmw/error.hpp>

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <charconv>

namespace cmw::cosmos {

using Poco::JSON::Object;

Object::Ptr parse_object(std::string_view text) {
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(16);
        const auto value = parser.parse(std::string(text));
        if (value.type() == typeid(Object::Ptr)) return value.extract<Object::Ptr>();
    } catch (const Poco::Exception& e) {
        throw Error(CMW_INVALID, "it is not whole JSON: " + e.displayText());
    }
    throw Error(CMW_INVALID, "it is not a JSON object");
}

Object::Ptr object_in(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    return value.type() == typeid(Object::Ptr) ? value.extract<Object::Ptr>() : Object::Ptr();
}

std::optional<std::string> text_in(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    if (!value.isString()) return std::nullopt;
    return value.extract<std::string>();
}

std::optional<std::uint64_t> number_in(const Object& object, const std::string& name) {
    const auto value = object.get(name);
    std::string digits;
    try {
        if (value.isString() || (value.isInteger() && !value.isBoolean()))
            digits = value.convert<std::string>();
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
    return number;
}

} // namespace cmw::cosmos
