// SPDX-License-Identifier: Apache-2.0
// The command line, as an operator and scripts use it.
#include "integration/site.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <map>
#include <pwd.h>
#include <regex>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace cmw::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("check reports ten faults in one go, each where it stands") {
    Site site;
    write_text(site.config, R"([host]
state-dri = "/tmp/x"
log-level = "loud"
[consensus-source.chain]
plugin = "overide-file"
[binary-source.store]
plugin = "local-path"
colour = "red"
[component.server]
path = 5
approved-by = "chian"
from = "store"
mode = "9999"
[service.node]
runner = "nobody"
command = []
stop-timeout = "5 parsecs"
)");
    const auto checked = site.command({"check"});
    CAPTURE(checked.output);
    CAPTURE(checked.errors);
    CHECK(checked.status == 2);
    const auto text = checked.output + checked.errors;
    std::set<std::string> places;
    const std::regex place("wrapper\\.toml:(\\d+:\\d+)");
    for (std::sregex_iterator found(text.begin(), text.end(), place), end; found != end; ++found)
        places.insert((*found)[1]);
    CHECK(places.size() >= 10);
    for (const int line : {2, 3, 5, 8, 10, 11, 13, 15, 16, 17}) {
        CAPTURE(line);
        CHECK(std::any_of(places.begin(), places.end(), [&](const std::string& at) {
            return at.starts_with(std::to_string(line) + ":");
        }));
    }
    CHECK(has(text, "state-dir")); // the nearest names
    CHECK(has(text, "override-file"));
    CHECK_FALSE(std::filesystem::exists(site.folder / "state")); // no side effects
}

TEST_CASE("check passes what is right, and run refuses what is not") {
    Site site;
    site.approve(site.publish("1"));
    const auto checked = site.command({"check"});
    CAPTURE(checked.output);
    CAPTURE(checked.errors);
    CHECK(checked.status == 0);
    CHECK_FALSE(std::filesystem::exists(site.folder / "state"));
    site.rewrite("plugin = \"posix\"", "plugin = \"posix\"\ncolour = \"red\"");
    const auto run = site.command({"run"});
    CHECK(run.status == 2);
    CHECK(has(run.output + run.errors, "wrapper.toml:"));
    CHECK(has(run.output + run.errors, "colour"));
}

TEST_CASE("check passes each shipped configuration, on a machine that has its users and folders") {
    const TemporaryFolder machine;
    const auto user = ::getpwuid(::geteuid());
    REQUIRE(user != nullptr);
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(CONFIGURATIONS)) {
        if (entry.path().extension() != ".toml") continue;
        CAPTURE(entry.path().filename().string());
        auto text = read_text(entry.path());
        text = std::regex_replace(text, std::regex("/(opt|home|var)/"), machine / "$1/");
        text = std::regex_replace(text, std::regex("network-check = \"warn\""), "");
        text = std::regex_replace(text, std::regex("user = \"[a-z]+\""),
                                  "user = \"" + std::string(user->pw_name) + "\"");
        const std::string own = "[host]\nplugin-path = [\"" PLUGINS "\"]\n";
        text = has(text, "[host]\n") ? std::regex_replace(text, std::regex("\\[host\\]\n"), own)
                                     : text + "\n" + own;
        for (const auto* folder : {"opt/xxnetwork/log", "home/op", "home/gaia/.gaia", "var/lib"})
            std::filesystem::create_directories(machine / folder);
        write_text(machine / "wrapper.toml", text);
        const auto checked = run({program_path(), "check", "-c", machine / "wrapper.toml"});
        CAPTURE(checked.output);
        CHECK(checked.errors == "");
        CHECK(checked.status == 0);
        ++count;
    }
    CHECK(count >= 4);
}

TEST_CASE("plan tells what run would do, and does nothing") {
    Site site;
    const auto digest = site.publish("1");
    site.approve(digest);
    const auto plan = site.command({"plan"});
    CAPTURE(plan.output);
    CAPTURE(plan.errors);
    CHECK(plan.status == 0);
    CHECK(has(plan.output, "server"));
    CHECK_FALSE(std::filesystem::exists(site.folder / "bin/node"));
}

TEST_CASE("commands without a host end with 3, without sense with 2") {
    Site site;
    CHECK(site.command({"status"}).status == 3);
    CHECK(site.command({"stop", "node"}).status == 3);
    CHECK(run({program_path(), "no-such-command"}).status == 2);
    CHECK(run({program_path(), "status", "--no-such-option"}).status == 2);
    CHECK(run({program_path(), "--help"}).status == 0);
    const auto version = run({program_path(), "--version"});
    CHECK(version.status == 0);
    CHECK(has(version.output, "0."));
    CHECK(site.command({"check", "--help"}).status == 0);
}

TEST_CASE("services are stopped, started and restarted as said") {
    Site site;
    const auto pid = site.run_version_1();
    CHECK(site.command({"stop", "node"}).status == 0);
    CHECK_FALSE(is_running(pid));
    CHECK(site.status()["services.node.state"] == "stopped");
    CHECK(site.command({"start", "node"}).status == 0);
    CHECK(site.wait_for("services.node.state", "running"));
    const auto second = site.node_pid();
    CHECK(site.command({"restart", "node"}).status == 0);
    CHECK(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() != second);
    const auto unknown = site.command({"restart", "noed"});
    CHECK(unknown.status == 1);
    CHECK(has(unknown.output + unknown.errors, "node"));
}

TEST_CASE("a service that was stopped by the operator stays stopped through an upgrade") {
    Site site;
    site.run_version_1();
    REQUIRE(site.command({"stop", "node"}).status == 0);
    const auto second = site.publish("2");
    site.approve(second);
    CHECK(site.wait_for("components.server.installed", second));
    CHECK(site.status()["services.node.state"] == "stopped");
}

TEST_CASE("the control socket is for the host's user and group alone") {
    Site site;
    site.run_version_1();
    struct stat socket {};
    REQUIRE(::stat((site.folder / "run/control.sock").c_str(), &socket) == 0);
    CHECK((socket.st_mode & 0777) == 0660);
    CHECK(S_ISSOCK(socket.st_mode));
}

TEST_CASE("a second host on the same state does not start") {
    Site site;
    const auto pid = site.run_version_1();
    const auto second = site.command({"run"});
    CAPTURE(second.errors);
    CHECK(second.status > 0);
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["services.node.state"] == "running");
}

TEST_CASE("status, history and logs are for people, --json for programs") {
    Site site;
    site.run_version_1();
    const auto people = site.command({"status"});
    CHECK(people.status == 0);
    CHECK(has(people.output, "node"));
    CHECK(has(people.output, "running"));
    CHECK_FALSE(has(people.output, "\x1b[")); // no terminal, no colour
    const Status history(site.command({"history", "--json"}).output);
    CHECK_FALSE(history["[0].event"].empty());
    REQUIRE(eventually([&] { return has(site.node_log(), " line 5\n"); }));
    CHECK(site.command({"stop", "node"}).status == 0); // It writes no more while it is read.
    const auto logs = site.command({"logs", "-n", "2", "node"});
    CHECK(logs.status == 0);
    CHECK(std::count(logs.output.begin(), logs.output.end(), '\n') == 2);
}

TEST_CASE("logs of a wildcard shows each of its files, under its name") {
    const Site site;
    site.append("[log.many]\npath = \"" + site.folder / "many/*.log" + "\"\nto = [\"disk\"]\n");
    std::filesystem::create_directory(site.folder / "many");
    const auto none = site.command({"logs", "many"});
    CHECK(none.status == 1);
    CHECK(has(none.errors, "cannot find a file that fits it"));
    write_text(site.folder / "many/a.log", "one\ntwo\n");
    CHECK(site.command({"logs", "-n", "1", "many"}).output == "two\n");
    write_text(site.folder / "many/b.log", "three\n");
    write_text(site.folder / "many/c.txt", "other\n");
    CHECK(site.command({"logs", "-n", "1", "many"}).output ==
          "==> " + site.folder / "many/a.log" + " <==\ntwo\n\n==> " + site.folder / "many/b.log" +
              " <==\nthree\n");
}

TEST_CASE("history of a host that does not run is read from its state, which stays as it is") {
    for (const int signal : {SIGTERM, SIGKILL}) {
        CAPTURE(signal);
        Site site;
        CHECK(site.command({"history"}).status == 3); // There was none yet.
        site.run_version_1();
        REQUIRE(eventually([&] { return has(site.history(), "activated"); }));
        REQUIRE(site.end(signal));
        std::map<std::string, std::string> before;
        for (const auto& file : std::filesystem::directory_iterator(site.folder / "state"))
            if (file.path().extension() == ".db" || file.path().extension() == ".db-wal")
                before[file.path()] = read_text(file.path());
        const auto people = site.command({"history"});
        CAPTURE(people.errors);
        CHECK(people.status == 0);
        CHECK(has(people.output, "activated"));
        CHECK(people.errors == "cmix-wrapper: the host does not run: this is what it kept\n");
        const auto one = site.command({"history", "--json", "-n", "1", "server"});
        CHECK(one.status == 0);
        const Status entries(one.output);
        CHECK(entries["[0].event"] == "activated");
        CHECK(entries["[0].to"] == site.first);
        CHECK(entries["[1].event"].empty());
        for (const auto& [path, content] : before) CHECK(read_text(path) == content);
    }
}

TEST_CASE("digest names files as the chain does") {
    Site site;
    write_text(site.folder / "file", "abc");
    const auto digest = run({program_path(), "digest", site.folder / "file"});
    CHECK(digest.status == 0);
    // RFC 7693, appendix B.
    CHECK(has(digest.output, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"));
    CHECK(run({program_path(), "digest", site.folder / "none"}).status == 1);
}

TEST_CASE("plugins of the build folder are found and described") {
    Site site;
    const auto list = site.command({"plugins", "list"});
    CHECK(list.status == 0);
    for (const char* name :
         {"override-file", "local-path", "posix", "file", "console", "http", "substrate"}) {
        CAPTURE(name);
        CHECK(has(list.output, name));
    }
    const auto shown = site.command({"plugins", "show", "posix"});
    CHECK(shown.status == 0);
    CHECK(has(shown.output, "user"));
}

TEST_CASE("the template that config default prints passes config show") {
    Site site;
    const auto printed = run({program_path(), "config", "default"});
    CHECK(printed.status == 0);
    CHECK(has(printed.output, "[component."));
    const auto shown = site.command({"config", "show"});
    CHECK(shown.status == 0);
    CHECK(has(shown.output, "override-file"));
}
