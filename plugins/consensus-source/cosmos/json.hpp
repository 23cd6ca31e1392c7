// SPDX-License-Identifier: Apache-2.0
//
// cosmos/json.hpp - reads the small JSON objects that Cosmos nodes and plans are made of.
#pragma once

#include <Poco/JSON/Object.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmw::cosmos {

/// Throws cmw::Error(CMW_INVALID) if it is no whole JSON object: "it is not a JSON object".
Poco::JSON::Object::Ptr parse_object(std::string_view text);

/// The member; a null pointer if it is missing or no object.
Poco::JSON::Object::Ptr object_in(const Poco::JSON::Object& object, const std::string& name);

/// The member; nothing if it is missing or no string.
std::optional<std::string> text_in(const Poco::JSON::Object& object, const std::string& name);

/// The member, a whole number that is not negative, or one in decimal digits as Cosmos writes large
/// ones; nothing if it is missing or something else.
std::optional<std::uint64_t> number_in(const Poco::JSON::Object& object, const std::string& name);

} // namespace cmw::cosmos
