// SPDX-License-Identifier: Apache-2.0
//
// control/history.hpp - history entries as JSON, and problems: what else the API answers with.
#pragma once

#include "base/problem.hpp"
#include "control/json.hpp"
#include "state/history.hpp"

#include <vector>

namespace cmw::control {

/// {"id", "time", "kind", "name", "event", "from", "to", "why", "by", "downtime_ms"}; null for what is empty. Times are
/// RFC 3339 in UTC with milliseconds.
void write(JsonWriter& json, const state::HistoryEntry& entry);
std::string to_json(const std::vector<state::HistoryEntry>& entries);

/// The inverse, forgiving as parse_status() is.
base::Result<std::vector<state::HistoryEntry>> parse_history(const std::string& json);

/// {"problem": {"where", "what", "fix"}}
std::string to_json(const base::Problem& problem);

} // namespace cmw::control
