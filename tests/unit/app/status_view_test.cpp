// SPDX-License-Identifier: Apache-2.0
#include "app/status_view.hpp"

using namespace cmw;
using namespace cmw::app;

TEST_CASE("the status is shown in tables, with reasons in words") {
    control::Status status;
    status.version = "0.1.0";
    status.pid = 4711;
    status.uptime_s = 3 * 3600 + 12 * 60;
    status.consensus["chain"] = {
        "ok", 123, true, false, "not in the active set", {{"endpoint", "ws://a:1"}}, {}};
    control::ComponentStatus server;
    server.approved = std::string(64, 'a');
    server.state = "fetching";
    server.from = "network";
    server.quarantined = {std::string(64, 'b')};
    server.progress = control::ComponentStatus::Progress{5 << 20, 10 << 20};
    status.components["server"] = server;
    supervisor::ServiceStatus cmix;
    cmix.state = supervisor::ServiceState::backoff;
    cmix.since = base::UnixTime(std::chrono::seconds(100));
    cmix.last_exit = "killed by SIGSEGV (signal 11)";
    cmix.failures = 3;
    cmix.next_start = base::UnixTime(std::chrono::seconds(141 + 65));
    cmix.last_lines = {"loading", "panic:\x1b[2J no disk"};
    cmix.usage = plugin_host::Usage{3 << 20, 65'000'000, 17, 421, {}};
    status.services["cmix"] = cmix;
    status.plugins["cloud"].status.last_error = "evil\x1b[2J";
    status.logs["cmix"].to["cloud"] = {10, 2048, 0, 75};
    const auto text = render(status, base::UnixTime(std::chrono::seconds(141)), false);
    for (const auto* part :
         {"cmix-wrapper 0.1.0, process 4711, up 3h12m\n", "CONSENSUS", "COMPONENT", "SERVICE",
          "PLUGIN", "LOG", "not in the active set, ws://a:1", "aaaaaaaaaaaa  ", "backoff", "41s",
          "[##########..........] 50% of 10 MiB, bbbbbbbbbbbb is quarantined",
          "last: killed by SIGSEGV (signal 11)", "evil [2J", "2 KiB", "1m15s",
          "3 MiB   1m5s  17       421",
          "\ncmix failed 3 times in a row; it is started again in 1m5s. The last lines of its "
          "output:\n    loading\n    panic: [2J no disk\n"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part, "\n", text);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find(std::string(13, 'a')) == std::string::npos);
    CHECK(render(status, base::unix_now(), true).find("\x1b[") != std::string::npos);
}

TEST_CASE("a status without anything is one line") {
    CHECK(render({}, base::UnixTime{}, false) == "cmix-wrapper , process 0, up 0s\n");
}

TEST_CASE("progress and durations are short") {
    CHECK(progress_bar({0, 0}) == "0 B");
    CHECK(progress_bar({0, 1000}) == "[....................] 0% of 1000 B");
    CHECK(progress_bar({999, 1000}) == "[###################.] 99% of 1000 B");
    CHECK(progress_bar({2000, 1000}) == "[####################] 100% of 1000 B");
    const std::vector<std::pair<double, std::string>> table{
        {-5, "0s"},     {0.4, "0s"},     {59, "59s"},  {61, "1m1s"},
        {3600, "1h0m"}, {90000, "1d1h"}, {1e300, "0s"}};
    for (const auto& [seconds, text] : table) CHECK(rough_duration(seconds) == text);
}
