// SPDX-License-Identifier: Apache-2.0
//
// control/parse.cpp - the answers of the API read back: parse_status() and parse_history().
#include "control/history.hpp"
#include "control/status.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <limits>

namespace cmw::control {

namespace {

using Object = Poco::JSON::Object::Ptr;

template <class T>
T field(const Object& object, const std::string& name, T fallback = {}) {
    return object->optValue<T>(name, fallback);
}

std::string text(const Object& object, const std::string& name) {
    return field<std::string>(object, name);
}

std::vector<std::string> texts(const Object& object, const std::string& name) {
    std::vector<std::string> all;
    const auto array = object->getArray(name);
    for (std::size_t i = 0; array && i < array->size(); ++i)
        all.push_back(array->getElement<std::string>(static_cast<unsigned>(i)));
    return all;
}

std::map<std::string, std::string> named_texts(const Object& object, const std::string& name) {
    std::map<std::string, std::string> all;
    if (const auto inner = object->getObject(name))
        for (const auto& [key, value] : *inner) all[key] = value.toString();
    return all;
}

std::optional<base::UnixTime> time(const std::string& text) {
    Poco::DateTime parsed;
    int zone = 0;
    const bool good = Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FRAC_FORMAT,
                                                     text, parsed, zone);
    const auto microseconds = parsed.timestamp().epochMicroseconds();
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / 1000; // In nanoseconds.
    if (!good || microseconds > most || microseconds < -most) return std::nullopt;
    return base::UnixTime(std::chrono::microseconds(microseconds));
}

std::optional<base::Nanoseconds> downtime(const Object& from) {
    constexpr double most = 1e12; // 30 years.
    const auto milliseconds = field<double>(from, "downtime_ms", -1);
    if (!(milliseconds >= 0 && milliseconds < most)) return std::nullopt;
    return base::Nanoseconds(static_cast<std::int64_t>(milliseconds * 1e6));
}

/// The one of the first `count` values that has this name.
template <class Enum>
Enum named(const std::string& wanted, int count) {
    for (int i = 0; i < count; ++i)
        if (name(static_cast<Enum>(i)) == wanted) return static_cast<Enum>(i);
    return Enum{};
}

void read(const Object& from, ConsensusStatus& to) {
    to.state = text(from, "state");
    to.height = field<std::uint64_t>(from, "block");
    to.synced = field<bool>(from, "synced");
    to.ready = field<bool>(from, "ready");
    to.reason = text(from, "reason");
    to.facts = named_texts(from, "facts");
    to.approved = named_texts(from, "approved");
}

void read(const Object& from, ComponentStatus& to) {
    to.approved = text(from, "approved");
    to.installed = text(from, "installed");
    to.desired = text(from, "desired");
    to.state = text(from, "state");
    to.reason = text(from, "reason");
    to.pinned = field<bool>(from, "pinned");
    to.held = field<bool>(from, "held");
    to.quarantined = texts(from, "quarantined");
    to.kept = texts(from, "kept");
    to.previous = texts(from, "previous");
    to.approved_by = text(from, "approved_by");
    to.ordered_by = text(from, "ordered_by");
    const auto announced = from->getArray("announced");
    for (unsigned i = 0; announced && i < announced->size(); ++i)
        if (const auto one = announced->getObject(i))
            to.announced.push_back(
                {text(one, "digest"), field<std::uint64_t>(one, "height"), text(one, "why")});
    to.from = text(from, "from");
    if (const auto progress = from->getObject("progress"))
        to.progress = ComponentStatus::Progress{field<std::uint64_t>(progress, "received"),
                                                field<std::uint64_t>(progress, "total")};
}

void read(const Object& from, supervisor::ServiceStatus& to) {
    to.state = named<supervisor::ServiceState>(text(from, "state"), 7);
    to.pid = field<std::int64_t>(from, "pid");
    to.since = time(text(from, "since"));
    to.restarts = field<std::uint64_t>(from, "restarts");
    to.failures = field<unsigned>(from, "failures");
    to.next_start = time(text(from, "next_start"));
    to.last_exit = text(from, "last_exit");
    to.last_lines = texts(from, "last_lines");
    to.health = text(from, "health");
    to.reason = text(from, "reason");
    const auto usage = from->getObject("usage");
    if (!usage) return;
    const auto number = [&](const char* name) {
        const auto found = field<std::int64_t>(usage, name, -1);
        return found < 0 ? std::nullopt : std::optional(found);
    };
    to.usage = {number("memory_bytes"), number("cpu_us"), number("threads"), number("descriptors"),
                number("processes")};
}

void read(const Object& from, PluginStatus& to) {
    to.kind = text(from, "kind");
    to.plugin = text(from, "plugin");
    to.status.state = named<plugin_host::InstanceStatus::State>(text(from, "state"), 4);
    to.status.reinitialisations = field<std::uint64_t>(from, "reinitialisations");
    to.status.last_error = text(from, "last_error");
}

void read(const Object& from, OrderStatus& to) {
    to.doing = text(from, "doing");
    to.asks = field<bool>(from, "asks");
    to.waiting = field<std::uint64_t>(from, "waiting");
    to.last = text(from, "last");
    to.refused = text(from, "refused");
    to.error = text(from, "error");
}

void read(const Object& from, logs::DeliveryStatus& to) {
    to.delivered = field<std::uint64_t>(from, "delivered");
    to.pending_bytes = field<std::uint64_t>(from, "pending");
    to.rejected = field<std::uint64_t>(from, "rejected");
    to.oldest_pending_s = field<double>(from, "oldest_pending_s");
    to.dropped = field<std::uint64_t>(from, "dropped");
    to.dropped_bytes = field<std::uint64_t>(from, "dropped_bytes");
}

void read(const Object& from, logs::StreamStatus& to);

template <class Value>
void read_each(const Object& from, const std::string& name, std::map<std::string, Value>& to) {
    const auto tables = from->getObject(name);
    if (!tables) return;
    for (const auto& [key, value] : *tables)
        if (const auto table = tables->getObject(key)) read(table, to[key]);
}

void read(const Object& from, logs::StreamStatus& to) {
    to.read_bytes = field<std::uint64_t>(from, "read_bytes");
    read_each(from, "to", to.to);
}

tl::unexpected<base::Problem> not_understood(const std::string& why) {
    return base::fail("", "cannot understand the host's answer: " + why,
                      "see whether the host and this program are of one version");
}

} // namespace

base::Result<Status> parse_status(const std::string& json) try {
    const auto object = Poco::JSON::Parser().parse(json).extract<Object>();
    Status status;
    status.version = text(object, "version");
    status.pid = field<std::int64_t>(object, "pid");
    status.uptime_s = field<double>(object, "uptime_s");
    read_each(object, "consensus", status.consensus);
    read_each(object, "components", status.components);
    read_each(object, "services", status.services);
    read_each(object, "plugins", status.plugins);
    read_each(object, "logs", status.logs);
    status.logs_stopped_by = text(object, "logs_stopped_by");
    read_each(object, "orders", status.orders);
    return status;
} catch (const Poco::Exception& error) {
    return not_understood(error.displayText());
}

base::Result<std::vector<state::HistoryEntry>> parse_history(const std::string& json) try {
    const auto array = Poco::JSON::Parser().parse(json).extract<Poco::JSON::Array::Ptr>();
    std::vector<state::HistoryEntry> entries;
    for (unsigned i = 0; i < array->size(); ++i) {
        const auto from = array->getObject(i);
        if (!from) continue;
        entries.push_back({field<std::int64_t>(from, "id"),
                           time(text(from, "time")).value_or(base::UnixTime{}), text(from, "kind"),
                           text(from, "name"), text(from, "event"), text(from, "from"),
                           text(from, "to"), text(from, "why"), text(from, "by"), downtime(from)});
    }
    return entries;
} catch (const Poco::Exception& error) {
    return not_understood(error.displayText());
}

} // namespace cmw::control
