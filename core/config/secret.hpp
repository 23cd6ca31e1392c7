// SPDX-License-Identifier: Apache-2.0
//
// config/secret.hpp - texts that do not stand in the configuration itself: { env = "NAME" } and
// { file = "PATH" }. Blocking (reads small local files); no side effects.
#pragma once

#include "config/report.hpp"

namespace cmw::config {

/// Whether `node` says where a text is to be taken from, instead of the text.
bool is_reference(const Node& node);

/// The text that `node`, a reference, names. Of a file one line feed at the end is cut off; with
/// `must_be_private` a file that group or others may touch is a fault.
tl::expected<std::string, Fault> read_reference(const Node& node, const Document& document,
                                                bool must_be_private);

} // namespace cmw::config
