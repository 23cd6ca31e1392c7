// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/shown_text.hpp - text of a plugin, made fit to show and to log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cmw::plugin_host {

/// One line of UTF-8 of at most `limit` bytes: what is no UTF-8 becomes U+FFFD, control characters
/// (line feeds, escape sequences of terminals) become spaces, spaces at the ends go, and what is
/// too long ends with an ellipsis.
std::string fit_to_show(std::string_view text, std::size_t limit = 1000);

} // namespace cmw::plugin_host
