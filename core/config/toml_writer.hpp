// SPDX-License-Identifier: Apache-2.0
//
// config/toml_writer.hpp - values as TOML 1.0 text.
#pragma once

#include "config/document.hpp"

namespace cmw::config {

/// A basic string, in quotes.
std::string to_toml(std::string_view text);

/// A value on one line; tables in braces.
std::string to_toml(const Node& node);

/// A whole document: tables with headers, in the order of `root`.
std::string write_document(const Node& root);

} // namespace cmw::config
