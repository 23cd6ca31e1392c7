// SPDX-License-Identifier: Apache-2.0
#include "control/status.hpp"

#include "control/json.hpp"

namespace cmw::control {

namespace {

void write(JsonWriter& json, const ConsensusStatus& status) {
    const auto endpoint = status.facts.find("endpoint");
    json.begin_object().key("state").text(status.state).key("endpoint");
    json.text_or_null(endpoint == status.facts.end() ? "" : endpoint->second).key("block");
    status.height == 0 ? json.null() : json.count(status.height);
    json.key("synced").boolean(status.synced).key("ready").boolean(status.ready);
    json.key("reason").text_or_null(status.reason);
    json.key("approved").texts(status.approved).key("facts").texts(status.facts).end_object();
}

void write(JsonWriter& json, const ComponentStatus& status) {
    json.begin_object().key("approved").text_or_null(status.approved);
    json.key("installed").text_or_null(status.installed);
    json.key("desired").text_or_null(status.desired);
    json.key("state").text(status.state).key("reason").text_or_null(status.reason);
    json.key("pinned").boolean(status.pinned).key("held").boolean(status.held);
    json.key("quarantined").texts(status.quarantined).key("kept").texts(status.kept);
    json.key("from").text_or_null(status.from).key("progress");
    if (status.progress) {
        json.begin_object().key("received").count(status.progress->received).key("total");
        status.progress->total == 0 ? json.null() : json.count(status.progress->total);
        json.end_object();
    } else {
        json.null();
    }
    json.key("approved_by").text_or_null(status.approved_by);
    json.key("ordered_by").text_or_null(status.ordered_by);
    json.key("previous").texts(status.previous).key("announced").begin_array();
    for (const auto& one : status.announced) {
        json.begin_object().key("digest").text(one.digest).key("height");
        one.height == 0 ? json.null() : json.count(one.height);
        json.key("why").text_or_null(one.why).end_object();
    }
    json.end_array().end_object();
}

void write(JsonWriter& json, const plugin_host::Usage& usage) {
    const auto add = [&](const char* name, const std::optional<std::int64_t>& number) {
        json.key(name);
        number ? json.number(*number) : json.null();
    };
    json.begin_object();
    add("memory_bytes", usage.memory_bytes);
    add("cpu_us", usage.cpu_us);
    add("threads", usage.threads);
    add("descriptors", usage.descriptors);
    add("processes", usage.processes);
    json.end_object();
}

void write(JsonWriter& json, const supervisor::ServiceStatus& status) {
    json.begin_object().key("state").text(supervisor::name(status.state)).key("pid");
    status.pid == 0 ? json.null() : json.number(status.pid);
    json.key("since").text_or_null(status.since ? base::to_rfc3339(*status.since) : "");
    json.key("restarts").count(status.restarts).key("failures").count(status.failures);
    json.key("next_start")
        .text_or_null(status.next_start ? base::to_rfc3339(*status.next_start) : "");
    json.key("last_exit").text_or_null(status.last_exit);
    json.key("last_lines").texts(status.last_lines);
    json.key("health").text(status.health).key("reason").text_or_null(status.reason);
    json.key("usage");
    if (status.usage)
        write(json, *status.usage);
    else
        json.null();
    json.end_object();
}

void write(JsonWriter& json, const OrderStatus& status) {
    json.begin_object().key("doing").text_or_null(status.doing);
    json.key("asks").boolean(status.asks).key("waiting").count(status.waiting);
    json.key("last").text_or_null(status.last).key("refused").text_or_null(status.refused);
    json.key("error").text_or_null(status.error).end_object();
}

void write(JsonWriter& json, const PluginStatus& status) {
    json.begin_object().key("kind").text(status.kind).key("plugin").text(status.plugin);
    json.key("state").text(plugin_host::name(status.status.state));
    json.key("reinitialisations").count(status.status.reinitialisations);
    json.key("last_error").text_or_null(status.status.last_error).end_object();
}

void write(JsonWriter& json, const logs::DeliveryStatus& status) {
    json.begin_object().key("delivered").count(status.delivered);
    json.key("pending").count(status.pending_bytes).key("rejected").count(status.rejected);
    json.key("oldest_pending_s").seconds(status.oldest_pending_s);
    json.key("dropped").count(status.dropped).key("dropped_bytes").count(status.dropped_bytes);
    json.end_object();
}

void write(JsonWriter& json, const logs::StreamStatus& status);

template <class Value>
void write(JsonWriter& json, const std::map<std::string, Value>& named) {
    json.begin_object();
    for (const auto& [name, value] : named) write(json.key(name), value);
    json.end_object();
}

void write(JsonWriter& json, const logs::StreamStatus& status) {
    json.begin_object().key("read_bytes").count(status.read_bytes);
    write(json.key("to"), status.to);
    json.end_object();
}

} // namespace

std::string to_json(const Status& status) {
    JsonWriter json;
    json.begin_object().key("version").text(status.version).key("pid").number(status.pid);
    write(json.key("uptime_s").seconds(status.uptime_s).key("consensus"), status.consensus);
    write(json.key("components"), status.components);
    write(json.key("services"), status.services);
    write(json.key("plugins"), status.plugins);
    write(json.key("logs"), status.logs);
    json.key("logs_stopped_by").text_or_null(status.logs_stopped_by);
    write(json.key("orders"), status.orders);
    return json.end_object().str();
}

} // namespace cmw::control
