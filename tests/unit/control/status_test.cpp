// SPDX-License-Identifier: Apache-2.0
#include "control/history.hpp"
#include "control/status.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

using namespace cmw;
using namespace cmw::control;

namespace {

Poco::JSON::Object::Ptr parse(const std::string& text) {
    return Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
}

Status full_status() {
    Status status;
    status.version = "0.1.0";
    status.pid = 4711;
    status.uptime_s = 12.5;
    status.consensus["chain"] = {
        "ok", 123, true, true, "", {{"endpoint", "ws://a:1"}}, {{"server", "ab"}}};
    ComponentStatus server;
    server.approved = "ab";
    server.state = "fetching";
    server.from = "network";
    server.kept = {"cd"};
    server.approved_by = "chain, mirror";
    server.ordered_by = "operator alice (uid 1000)";
    server.previous = {"ef"};
    server.announced = {{"01", 7, "a motion"}, {"23", 0, ""}};
    server.progress = ComponentStatus::Progress{5, 10};
    status.components["server"] = server;
    supervisor::ServiceStatus cmix;
    cmix.state = supervisor::ServiceState::running;
    cmix.pid = 4712;
    cmix.since = base::UnixTime(std::chrono::seconds(1767225600));
    cmix.health = "ok";
    cmix.usage = plugin_host::Usage{1048576, 2500000, 3, 14, {}};
    status.services["cmix"] = cmix;
    status.plugins["cloud"] = {"log-backend", "cloudwatch", {}};
    status.logs["cmix"].read_bytes = 7;
    status.logs["cmix"].to["cloud"] = {1, 2, 3, 0.25, 4, 5};
    status.logs_stopped_by = "operator";
    status.orders["management"] = {"", "a.jsonl: cannot trust it", "stop binary", true, "b: done",
                                   2};
    return status;
}

} // namespace

TEST_CASE("status has the names of the contract, on one line, in its order") {
    CHECK(to_json(full_status()) ==
          R"({"version": "0.1.0", "pid": 4711, "uptime_s": 12.5, )"
          R"("consensus": {"chain": {"state": "ok", "endpoint": "ws://a:1", "block": 123, )"
          R"("synced": true, "ready": true, "reason": null, "approved": {"server": "ab"}, )"
          R"("facts": {"endpoint": "ws://a:1"}}}, )"
          R"("components": {"server": {"approved": "ab", "installed": null, "desired": null, )"
          R"("state": "fetching", "reason": null, "pinned": false, "held": false, )"
          R"("quarantined": [], "kept": ["cd"], "from": "network", )"
          R"("progress": {"received": 5, "total": 10}, )"
          R"~("approved_by": "chain, mirror", "ordered_by": "operator alice (uid 1000)", )~"
          R"("previous": ["ef"], "announced": [{"digest": "01", "height": 7, "why": "a motion"}, )"
          R"({"digest": "23", "height": null, "why": null}]}}, )"
          R"("services": {"cmix": {"state": "running", "pid": 4712, )"
          R"("since": "2026-01-01T00:00:00Z", "restarts": 0, "failures": 0, )"
          R"("next_start": null, "last_exit": null, "last_lines": [], )"
          R"("health": "ok", "reason": null, "usage": {"memory_bytes": 1048576, )"
          R"("cpu_us": 2500000, "threads": 3, "descriptors": 14, "processes": null}}}, )"
          R"("plugins": {"cloud": {"kind": "log-backend", "plugin": "cloudwatch", )"
          R"("state": "ok", "reinitialisations": 0, "last_error": null}}, )"
          R"("logs": {"cmix": {"read_bytes": 7, "to": {"cloud": {"delivered": 1, )"
          R"("pending": 2, "rejected": 3, "oldest_pending_s": 0.25, )"
          R"("dropped": 4, "dropped_bytes": 5}}}}, "logs_stopped_by": "operator", )"
          R"("orders": {"management": {"doing": "stop binary", "asks": true, "waiting": 2, )"
          R"("last": "b: done", "refused": "a.jsonl: cannot trust it", "error": null}}})");
}

TEST_CASE("what is not known is null") {
    Status status;
    status.consensus["chain"] = {};
    status.components["server"] = {};
    status.services["cmix"] = {};
    const auto json = parse(to_json(status));
    const auto chain = json->getObject("consensus")->getObject("chain");
    CHECK(chain->isNull("endpoint"));
    CHECK(chain->isNull("block"));
    const auto server = json->getObject("components")->getObject("server");
    for (const auto* name : {"approved", "installed", "desired", "from", "progress"})
        CHECK_MESSAGE(server->isNull(name), name);
    const auto cmix = json->getObject("services")->getObject("cmix");
    for (const auto* name : {"pid", "since", "last_exit", "next_start", "usage"})
        CHECK_MESSAGE(cmix->isNull(name), name);
}

TEST_CASE("texts are valid JSON whatever is in them") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"line\nfeed\ttab", "\"line\\nfeed\\ttab\""},
        {std::string("\0\x1b", 2), "\"\\u0000\\u001b\""},
        {"gr\xC3\xBC\xC3\x9F", "\"gr\xC3\xBC\xC3\x9F\""},
        {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
        {"bad\xFFtail", "\"bad\xEF\xBF\xBDtail\""},
        {"cut\xE2\x82", "\"cut\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (const auto& [text, expected] : table) CHECK(json_string(text) == expected);
}

TEST_CASE("history and problems are JSON") {
    state::HistoryEntry entry{3,           base::UnixTime(std::chrono::milliseconds(1500)),
                              "component", "server",
                              "activated", "",
                              "ab",        "chain at block 1",
                              "operator",  std::chrono::microseconds(12'345)};
    CHECK(to_json(std::vector{entry}) ==
          R"([{"id": 3, "time": "1970-01-01T00:00:01.500Z", "kind": "component", )"
          R"("name": "server", "event": "activated", "from": null, "to": "ab", )"
          R"("why": "chain at block 1", "by": "operator", "downtime_ms": 12.345}])");
    CHECK(to_json(std::vector<state::HistoryEntry>{}) == "[]");
    CHECK(to_json(base::Problem{"f:1", "cannot x", "do y"}) ==
          R"({"problem": {"where": "f:1", "what": "cannot x", "fix": "do y"}})");
}

TEST_CASE("what is written is read back") {
    const auto json = to_json(full_status());
    const auto parsed = parse_status(json);
    REQUIRE_MESSAGE(parsed, (parsed ? "" : to_string(parsed.error())));
    CHECK(to_json(*parsed) == json);
    CHECK(to_json(*parse_status(to_json(Status{}))) == to_json(Status{}));

    const std::vector<state::HistoryEntry> entries{
        {3, base::UnixTime(std::chrono::milliseconds(1767225600123)), "service", "cmix", "crashed",
         "ab", "cd", "killed \"hard\"", "operator", std::chrono::milliseconds(5)},
        {}};
    CHECK(*parse_history(to_json(entries)) == entries);
}

TEST_CASE("answers of other versions are read as far as they are understood") {
    const auto newer = parse_status(R"({"version": "9", "new": [1], "services": {"cmix":
        {"state": "dreaming", "pid": null}}, "components": {"a": 5}})");
    REQUIRE(newer);
    CHECK(newer->version == "9");
    CHECK(newer->services.at("cmix").state == supervisor::ServiceState::stopped);
    for (const auto* text : {"", "null", "[]", "{", "\"text\"", R"({"pid": "many"})",
                             R"({"services": {"a": {"since": 5, "state": []}}})"}) {
        CAPTURE(text);
        CHECK_NOTHROW((void)parse_status(text));
        CHECK_NOTHROW((void)parse_history(text));
    }
    CHECK_FALSE(parse_status("[]"));
    CHECK_FALSE(parse_history("{}"));
}
