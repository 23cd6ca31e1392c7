// SPDX-License-Identifier: Apache-2.0
//
// shared/http_url.hpp - http and https URLs: checked, shown, and as a request names them. Pure.
#pragma once

#include <string>

namespace cmw::shared {

/// Without user, password, query and fragment.
std::string shown_url(const std::string& url);

/// "host" or "host:port": what the header Host says.
std::string host_header(const std::string& url);

/// Path and query as the URL writes them: another way to write them may mean another file, and
/// breaks a signature. What cannot be in a request line is encoded.
std::string request_target(const std::string& url);

/// Throws CMW_CONFIG, as "cannot use NAME: ...", if it is no absolute http or https URL.
void check_http_url(const std::string& name, const std::string& url);

} // namespace cmw::shared
