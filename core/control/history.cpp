// SPDX-License-Identifier: Apache-2.0
#include "control/history.hpp"

namespace cmw::control {

void write(JsonWriter& json, const state::HistoryEntry& entry) {
    json.begin_object().key("id").number(entry.id);
    json.key("time").text(base::to_rfc3339(entry.time, 3)).key("kind").text(entry.kind);
    json.key("name").text_or_null(entry.name).key("event").text(entry.event);
    json.key("from").text_or_null(entry.from).key("to").text_or_null(entry.to);
    json.key("why").text_or_null(entry.why).key("by").text_or_null(entry.by);
    json.key("downtime_ms");
    entry.downtime
        ? json.seconds(std::chrono::duration<double, std::milli>(*entry.downtime).count())
        : json.null();
    json.end_object();
}

std::string to_json(const std::vector<state::HistoryEntry>& entries) {
    JsonWriter json;
    json.begin_array();
    for (const auto& entry : entries) write(json, entry);
    return json.end_array().str();
}

std::string to_json(const base::Problem& problem) {
    JsonWriter json;
    json.begin_object().key("problem").begin_object().key("where").text(problem.where);
    json.key("what").text(problem.what).key("fix").text(problem.fix);
    return json.end_object().end_object().str();
}

} // namespace cmw::control
