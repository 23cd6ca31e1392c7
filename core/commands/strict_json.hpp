// SPDX-License-Identifier: Apache-2.0
//
// commands/strict_json.hpp - reads JSON (RFC 8259) that somebody signed: what two readers could
// understand differently is refused. Reading is Poco's; this adds what it lets pass. Pure.
#pragma once

#include "base/problem.hpp"

#include <Poco/JSON/Object.h>

namespace cmw::commands {

/// The one object that `text` is. Refused: anything before or behind it, a name twice in an object,
/// bytes that are no UTF-8, control characters, more than 8 levels. A Problem without `where`.
base::Result<Poco::JSON::Object::Ptr> parse_strictly(std::string_view text);

} // namespace cmw::commands
