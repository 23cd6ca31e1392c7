// SPDX-License-Identifier: Apache-2.0
//
// Where a file may be had, in the order to ask. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cmw::http {

/// `pattern` with {target} and {digest} filled in. Throws CMW_CONFIG for any other name in braces.
std::string expand_url(const std::string& pattern, std::string_view target,
                       std::string_view digest);

/// A URL that a network names in its upgrade plan, without the query's "checksum=...", which is a
/// word to its own tool (go-getter) and not to the server. "" if it is no http or https URL.
std::string usable_location(std::string_view location);

} // namespace cmw::http
