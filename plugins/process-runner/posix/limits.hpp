// SPDX-License-Identifier: Apache-2.0
//
// posix/limits.hpp - resource limits, { nofile = "65536", core = "0" }, as setrlimit(2) takes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace cmw::posix {

struct Limit {
    int resource;
    rlimit value; ///< Soft and hard are the same.
};

/// Names are those of setrlimit in lower case; a value is a whole number in the resource's own
/// unit, or "unlimited". Throws Error(CMW_CONFIG) that names what is wrong.
std::vector<Limit> parse_limits(const std::map<std::string, std::string>& limits);

/// What the option core-dumps says: "off", "unlimited", or a size as "64MiB". "": nothing. Throws
/// as above.
std::optional<Limit> parse_core_dumps(const std::string& text);

} // namespace cmw::posix
