// SPDX-License-Identifier: Apache-2.0
// Several services on one host, and programs that do not stay.
#include "integration/site.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <random>
#include <thread>

using namespace cmw::test;

namespace {

/// A site with a script that stands for programs: it writes its starts and ends into `order`.
struct Town : Site {
    std::string order = folder / "order";
    std::string script = folder / "script";

    Town() {
        write_text(script, "#!/bin/sh\n"
                           "trap 'echo \"stop $1\" >> " +
                               order +
                               "; exit 0' TERM\n"
                               "echo \"start $1\" >> " +
                               order + "\n" + "while :; do sleep 1000 & wait; done\n");
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    }
    void add(const std::string& name, const std::string& keys) const {
        append("[service." + name + "]\nrunner = \"local\"\ncommand = [\"" + script + "\", \"" +
               name + "\"]\n" + keys + "\n");
    }
    /// Where the line stands; past all lines if it is not there.
    std::size_t place(const std::string& line) const { return read_text(order).find(line + "\n"); }
    std::string reason(const std::string& service) const {
        return status()["services." + service + ".reason"];
    }
};

} // namespace

TEST_CASE("services are started after those that they need, and stopped before them") {
    Town town;
    const auto well = town.folder / "well";
    town.add("app", "after = [\"db\", \"cache\"]");
    town.add("db", "health = { exec = [\"/usr/bin/test\", \"-e\", \"" + well +
                       "\"], every = \"50ms\", after = \"1ms\" }");
    town.add("cache", "");
    town.run_version_1();
    CHECK(town.wait_for("services.cache.state", "running"));
    CHECK(town.wait_for("services.app.state", "waiting"));
    CHECK(eventually([&] { return town.reason("app") == "service db is not healthy yet"; }));
    write_text(well, "");
    REQUIRE(town.wait_for("services.app.state", "running"));
    // One that runs does not stop for another: the order is that of starts and stops.
    CHECK(town.command({"stop", "db"}).status == 0);
    CHECK(town.status()["services.app.state"] == "running");
    CHECK(town.command({"start", "db"}).status == 0);
    REQUIRE(town.wait_for("services.db.health", "ok"));
    std::filesystem::remove(town.order);
    REQUIRE(town.end(SIGTERM) == 0);
    const auto text = read_text(town.order);
    CAPTURE(text);
    REQUIRE(town.place("stop app") != std::string::npos);
    CHECK(town.place("stop app") < town.place("stop db"));
    CHECK(town.place("stop app") < town.place("stop cache"));
    CHECK(town.place("stop db") != std::string::npos);
    CHECK(town.place("stop cache") != std::string::npos);
}

TEST_CASE("services that can never be started in order are an error that shows the cycle") {
    Town town;
    town.add("one", "after = [\"two\"]");
    town.add("two", "after = [\"three\"]");
    town.add("three", "after = [\"one\"]");
    const auto checked = town.command({"check"});
    CHECK(checked.status == 2);
    CHECK(checked.errors.find("cannot order the services: one is after two is after three is after "
                              "one") != std::string::npos);
}

TEST_CASE("a crash loop is explained with the last lines of the program") {
    Town town;
    write_text(town.script, "#!/bin/sh\necho reading the database\necho 'panic: it is full' >&2\n"
                            "exit 3\n");
    town.add("bad", "restart-delay = \"1ms\"\nrestart-delay-max = \"1h\"\nhealthy-after = \"1h\"");
    town.run_version_1();
    CHECK(eventually([&] { return std::stoi("0" + town.status()["services.bad.failures"]) >= 3; }));
    std::string shown;
    const auto shows = [&](const std::string& text) {
        return shown.find(text) != std::string::npos;
    };
    // Between two tries, which come less and less often.
    CHECK(eventually([&] {
        shown = town.command({"status"}).output;
        return shows("times in a row; it is started again in");
    }));
    CAPTURE(shown);
    CHECK(shows("    panic: it is full\n"));
    CHECK(eventually([&] { return town.status()["services.bad.next_start"] != ""; }));
    CHECK(town.status()["services.node.state"] == "running"); // Nobody else waits for it.
}

TEST_CASE("a program that ended over an error that it handled is started again") {
    Town town;
    const auto error = town.folder / "err.log";
    write_text(town.script, "#!/bin/sh\n"
                            "[ -e " +
                                error +
                                " ] && exec sleep 1000\n"
                                "echo 'cannot reach the gateway' > " +
                                error + "\nexit 0\n");
    town.add("careful", "restart-delay = \"10ms\"\nrecovered-error-file = \"" + error + "\"");
    town.run_version_1();
    REQUIRE(town.wait_for("services.careful.restarts", "1"));
    REQUIRE(town.wait_for("services.careful.state", "running"));
    CHECK(town.status()["services.careful.last_exit"] ==
          "exited with status 0, after it wrote " + error);
}

TEST_CASE(
    "hosts that are killed at any moment on a busy machine leave one of each program, untouched") {
    constexpr int programs = 30;
    Town town;
    for (int i = 0; i < programs; ++i) town.add("s" + std::to_string(i), "");
    const auto lines_with = [&](const std::string& begin) {
        const auto text = read_text(town.order);
        int count = 0;
        for (auto at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) ++count;
        return count;
    };
    std::atomic<bool> busy{true};
    std::vector<std::thread> load;
    for (int i = 0; i < 3; ++i)
        load.emplace_back([&busy] {
            while (busy) {
            }
        });
    std::mt19937 random(2026);
    for (int kills = 0; kills < 10; ++kills) { // The first ones while it starts them.
        town.start();
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
        REQUIRE(town.end(SIGKILL) == 128 + SIGKILL);
    }
    town.start();
    CHECK(eventually([&] {
        const auto status = town.status();
        for (int i = 0; i < programs; ++i)
            if (status["services.s" + std::to_string(i) + ".state"] != "running") return false;
        return lines_with("start ") >= programs;
    }));
    CHECK(lines_with("start ") == programs);
    CAPTURE(town.host_output());
    CHECK(town.end(SIGTERM) == 0);
    CHECK(lines_with("stop ") == programs);
    busy = false;
    for (auto& each : load) each.join();
}
