// SPDX-License-Identifier: Apache-2.0
// The host may be killed, restarted and cut off: the program runs on.
#include "integration/site.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <regex>

using namespace cmw::test;

namespace {

/// The numbers of the demo node's lines, in the order of the text.
std::vector<long> line_numbers(const std::string& log) {
    std::vector<long> numbers;
    const std::regex line(" line (\\d+)\n");
    for (std::sregex_iterator found(log.begin(), log.end(), line), end; found != end; ++found)
        numbers.push_back(std::stol((*found)[1]));
    return numbers;
}

/// Each line from the first to `last` at least once, and none before one that precedes it for the
/// first time.
bool without_a_gap(const std::vector<long>& numbers, long last) {
    long seen = 0;
    for (const long number : numbers) {
        if (number > seen + 1) return false;
        seen = std::max(seen, number);
    }
    return seen >= last;
}

} // namespace

TEST_CASE("a killed host leaves the program running, the next one adopts it") {
    Site site;
    const auto pid = site.run_version_1();
    for (int kills = 0; kills < 3; ++kills) {
        CAPTURE(kills);
        const auto before = line_numbers(site.node_log()).size();
        REQUIRE(site.end(SIGKILL) == 128 + SIGKILL);
        CHECK(is_running(pid));
        REQUIRE(eventually([&] { return line_numbers(site.node_log()).size() > before + 3; }));
        site.start();
        REQUIRE(site.wait_for("services.node.state", "running"));
        CHECK(site.node_pid() == pid);
        CHECK(site.status()["services.node.restarts"] == "0");
    }
    CHECK(site.history().find("adopted") != std::string::npos);
    const auto last = line_numbers(site.node_log()).back();
    CHECK(eventually([&] { return without_a_gap(line_numbers(site.shipped_log()), last); }));
    // An adopted program is stopped like any other.
    CHECK(site.end(SIGTERM) == 0);
    CHECK_FALSE(is_running(pid));
}

TEST_CASE("a program that ended while no host ran is started again") {
    Site site;
    const auto pid = site.run_version_1();
    REQUIRE(site.end(SIGKILL) == 128 + SIGKILL);
    ::kill(pid, SIGKILL);
    REQUIRE(eventually([&] { return !is_running(pid); }));
    site.start();
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() != pid);
}

TEST_CASE("a restart of the host with nothing changed restarts nothing and fetches nothing") {
    Site site;
    site.rewrite("[host]\n", "[host]\nkeep-services-on-exit = true\n");
    const auto pid = site.run_version_1();
    REQUIRE(site.end(SIGTERM) == 0);
    CHECK(is_running(pid));
    std::filesystem::remove_all(site.folder / "store");
    site.start();
    REQUIRE(site.wait_for("components.server.state", "current"));
    CHECK(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["services.node.restarts"] == "0");
}

TEST_CASE(
    "flaw 4: with chain and store out of reach the installed program is started all the same") {
    Site site;
    const auto old_pid = site.run_version_1();
    REQUIRE(site.end(SIGTERM) == 0);
    CHECK_FALSE(is_running(old_pid));
    std::filesystem::remove(site.chain);
    std::filesystem::remove_all(site.folder / "store");
    site.start();
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(is_running(site.node_pid()));
    CHECK(site.status()["components.server.installed"] == site.first);
}

TEST_CASE("flaw 1: a program that crashes is started again") {
    Site site;
    const auto pid = site.run_version_1();
    ::kill(pid, SIGSEGV);
    REQUIRE(site.wait_for("services.node.restarts", "1"));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() != pid);
    const auto last_exit = site.status()["services.node.last_exit"];
    CAPTURE(last_exit);
    CHECK(last_exit.find("SIGSEGV") != std::string::npos);
    CHECK(site.history().find("crashed") != std::string::npos);
}

TEST_CASE("SIGTERM stops the services, the host ends with 0 and removes its socket") {
    Site site;
    const auto pid = site.run_version_1();
    CHECK(std::filesystem::exists(site.folder / "run/control.sock"));
    CHECK(site.end(SIGTERM) == 0);
    CHECK_FALSE(is_running(pid));
    CHECK_FALSE(std::filesystem::exists(site.folder / "run/control.sock"));
    CHECK(site.node_log().find("stopping") != std::string::npos);
    // What the node wrote last was shipped, too.
    CHECK(site.shipped_log().find("stopping") != std::string::npos);
}

TEST_CASE("a program that ignores SIGTERM is killed after its stop-timeout") {
    Site site;
    site.rewrite(R"("--every", "20")", R"("--every", "20", "--misbehave", "ignore-term")");
    site.rewrite("stop-timeout  = \"10s\"", "stop-timeout = \"300ms\"");
    const auto pid = site.run_version_1();
    CHECK(site.end(SIGTERM) == 0);
    CHECK_FALSE(is_running(pid));
}

TEST_CASE("a reload starts what is new and leaves alone what did not change") {
    Site site;
    const auto pid = site.run_version_1();
    site.append("[service.second]\nrunner = \"local\"\ncommand = [\"/bin/sleep\", \"1000\"]\n");
    site.host().signal(SIGHUP);
    REQUIRE(site.wait_for("services.second.state", "running"));
    const auto second = std::atoi(site.status()["services.second.pid"].c_str());
    CHECK(site.node_pid() == pid);
    // A configuration with a fault is refused as a whole, the old one stays.
    site.append("[service.third]\nrunner = \"nobody\"\n");
    CHECK(site.command({"reload"}).status != 0);
    CHECK(site.status()["services.second.state"] == "running");
    CHECK(site.node_pid() == pid);
    CHECK(site.end(SIGTERM) == 0);
    CHECK_FALSE(is_running(second));
}
