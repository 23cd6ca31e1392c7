// SPDX-License-Identifier: Apache-2.0
//
// logs/wildcard.hpp - which files of a folder are logs of one stream ("/var/log/xx/*.log"). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cmw::logs {

/// Of `names`, the ones that fit the last part of `pattern` and are logs of their own: neither
/// compressed nor an older generation of another one of them, or of one of `known`. Sorted; those
/// that are known are not among them.
std::vector<std::string> new_logs(const std::string& pattern, const std::vector<std::string>& names,
                                  const std::vector<std::string>& known);

} // namespace cmw::logs
