// SPDX-License-Identifier: Apache-2.0
// What an operator orders of a component, through the real program: pins, holds, roll-backs,
// approvals by hand; and several sources that must agree.
#include "integration/site.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cmw::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The version that the site runs becomes `version`, by an approval.
std::string upgrade(const Site& site, const std::string& version) {
    const auto digest = site.publish(version);
    site.approve(digest);
    REQUIRE(site.wait_for("components.server.installed", digest));
    REQUIRE(site.wait_for("components.server.state", "current"));
    REQUIRE(site.wait_for("services.node.state", "running"));
    return digest;
}

/// Gives the order and expects that it is taken; what was answered.
std::string order(const Site& site, const std::vector<std::string>& words) {
    const auto ended = site.command(words);
    CAPTURE(ended.errors);
    REQUIRE(ended.status == 0);
    CHECK_FALSE(ended.output.empty());
    return ended.output;
}

std::string refusal(const Site& site, const std::vector<std::string>& words, int status) {
    const auto ended = site.command(words);
    CAPTURE(ended.output);
    CHECK(ended.status == status);
    CHECK(has(ended.errors, "cannot"));
    return ended.errors;
}

} // namespace

TEST_CASE("a pinned file runs whatever the chain says, over restarts, until unpin") {
    Site site;
    site.run_version_1();
    const auto mine = demo_node("mine");
    write_text(site.folder / "my-node", mine);
    CHECK(has(order(site, {"pin", "server", "--file", site.folder / "my-node"}), digest_of(mine)));
    REQUIRE(site.wait_for("components.server.installed", digest_of(mine)));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.wait_for("components.server.state", "current"));
    CHECK(site.status()["components.server.pinned"] == "true");
    CHECK(has(site.status()["components.server.ordered_by"], "uid"));
    CHECK(has(site.command({"status"}).output, "PINNED"));
    CHECK(read_text(site.folder / "bin/node") == mine);
    std::filesystem::remove(site.folder / "my-node"); // The host has a copy.

    const auto second = site.publish("2");
    site.approve(second); // Known and ready, and not used.
    REQUIRE(site.wait_for("components.server.approved", second));
    REQUIRE(eventually([&] { return has(site.status()["components.server.kept"], second); }));
    CHECK(site.status()["components.server.installed"] == digest_of(mine));

    const auto pid = site.node_pid();
    REQUIRE(site.end(SIGKILL));
    site.start();
    REQUIRE(site.wait_for("components.server.state", "current"));
    CHECK(site.status()["components.server.pinned"] == "true");
    CHECK(site.node_pid() == pid); // Adopted: nothing was to be done.

    order(site, {"unpin", "server"});
    REQUIRE(site.wait_for("components.server.installed", second));
    REQUIRE(site.wait_for("components.server.state", "current"));
    CHECK(site.status()["components.server.pinned"] == "false");
    CHECK(site.wait_for("services.node.state", "running"));
    const auto history = site.command({"history", "server"}).output;
    CAPTURE(history);
    for (const auto* part : {"pinned", "unpinned", "my-node", "uid"}) CHECK(has(history, part));
}

TEST_CASE("a digest can be pinned, and is fetched from the component's source") {
    Site site;
    site.run_version_1();
    const auto second = site.publish("2");
    order(site, {"pin", "server", "--digest", second});
    REQUIRE(site.wait_for("components.server.installed", second));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.status()["components.server.approved"] == site.first);
}

TEST_CASE("what cannot be pinned is told, and changes nothing") {
    Site site;
    const auto pid = site.run_version_1();
    write_text(site.folder / "text", "neither ELF nor a script\n");
    write_text(site.folder / "empty", "");
    const auto file = [&](const std::string& name) {
        return std::vector<std::string>{"pin", "server", "--file", site.folder / name};
    };
    CHECK(has(refusal(site, file("text"), 1), "cannot pin the file"));
    CHECK(has(refusal(site, file("empty"), 1), "empty"));
    CHECK(has(refusal(site, file("missing"), 1), "missing"));
    CHECK(has(refusal(site, file("store"), 1), "not a regular file"));
    if (::geteuid() != 0) {
        write_text(site.folder / "secret", demo_node("2"));
        ::chmod((site.folder / "secret").c_str(), 0);
        CHECK(has(refusal(site, file("secret"), 1), "the host reads it as its own user"));
    }
    CHECK(has(refusal(site, {"pin", "server", "--digest", "abc"}, 1), "no blake2s-256 digest"));
    CHECK(
        has(refusal(site, {"pin", "servre", "--digest", site.first}, 1), "did you mean 'server'"));
    refusal(site, {"pin", "server"}, 2);
    refusal(site, {"pin", "server", "--digest", site.first, "--file", "/x"}, 2);
    CHECK(site.status()["components.server.pinned"] == "false");
    CHECK(site.node_pid() == pid);
    CHECK_FALSE(has(site.history(), "pinned"));
}

TEST_CASE(
    "flaw 20: a roll-back goes to the version before, which stays until another is approved") {
    Site site;
    site.run_version_1();
    refusal(site, {"rollback", "server"}, 1); // There is nothing before the first one.
    const auto second = upgrade(site, "2");
    std::filesystem::remove_all(site.folder / "store"); // The way back needs no source.
    CHECK(has(order(site, {"rollback", "server"}), site.first));
    REQUIRE(site.wait_for("components.server.installed", site.first));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(read_text(site.folder / "bin/node") == demo_node("1"));
    CHECK(has(site.status()["components.server.quarantined"], second));
    const auto pid = site.node_pid();

    REQUIRE(site.end(SIGKILL)); // Over a restart of the host, too: never a loop.
    site.start();
    REQUIRE(site.wait_for("services.node.state", "running"));
    REQUIRE(site.wait_for("consensus.chain.state", "ok"));
    CHECK(site.wait_for("components.server.state", "current"));
    CHECK(site.status()["components.server.installed"] == site.first);
    CHECK(site.node_pid() == pid);

    std::filesystem::create_directories(site.folder / "store/server");
    const auto third = upgrade(site, "3");
    CHECK_FALSE(has(site.status()["components.server.quarantined"], second));
    order(site, {"rollback", "server", "--to", site.first.substr(0, 12)});
    REQUIRE(site.wait_for("components.server.installed", site.first));
    order(site, {"release", "server"}); // What was left is tried again.
    REQUIRE(site.wait_for("components.server.installed", third));
    CHECK(site.wait_for("services.node.state", "running"));
    CHECK(has(site.history(), "rollback-ordered"));
}

TEST_CASE("a held component stays as it is until it is released") {
    Site site;
    const auto pid = site.run_version_1();
    order(site, {"hold", "server"});
    REQUIRE(site.wait_for("components.server.state", "held"));
    const auto second = site.publish("2");
    site.approve(second);
    REQUIRE(eventually([&] { return has(site.status()["components.server.kept"], second); }));
    CHECK(site.status()["components.server.held"] == "true");
    CHECK(site.status()["components.server.installed"] == site.first);
    CHECK(site.node_pid() == pid);
    CHECK(has(site.command({"status"}).output, "HELD"));
    order(site, {"release", "server"});
    REQUIRE(site.wait_for("components.server.installed", second));
    CHECK(site.wait_for("components.server.state", "current"));
}

TEST_CASE("with activation = manual each new version waits for approve") {
    Site site;
    site.rewrite("max-size    = \"16MiB\"", "max-size    = \"16MiB\"\nactivation = \"manual\"");
    const auto pid = site.run_version_1(); // The first one is installed: the service needs it.
    refusal(site, {"approve", "server"}, 1);
    const auto second = site.publish("2");
    site.approve(second);
    REQUIRE(site.wait_for("components.server.state", "staged"));
    REQUIRE(eventually(
        [&] { return has(site.status()["components.server.reason"], "approve server"); }));
    CHECK(site.node_pid() == pid);
    const auto planned = site.command({"plan"});
    CAPTURE(planned.output);
    CHECK(planned.status == 0);
    CHECK(has(planned.output, "approve server"));
    CHECK_FALSE(has(planned.output, "activate")); // It knows what runs from the running host.
    order(site, {"approve", "server"});
    REQUIRE(site.wait_for("components.server.installed", second));
    REQUIRE(site.wait_for("services.node.state", "running"));
    const auto third = site.publish("3");
    site.approve(third);
    REQUIRE(site.wait_for("components.server.state", "staged"));
    CHECK(site.status()["components.server.installed"] == second);
}

TEST_CASE("sources that do not agree change nothing, and are shown") {
    Site site;
    site.rewrite("approved-by = \"chain\"", "approved-by = [\"chain\", { use = \"mirror\" }]");
    site.append("[consensus-source.mirror]\nplugin = \"override-file\"\npath = \"" +
                (site.folder / "mirror.json") + "\"\n");
    const auto first = site.publish("1");
    const auto mirror = [&](const std::string& digest) {
        write_text(site.folder / "mirror.new", R"({"server": ")" + digest + "\"}\n");
        std::filesystem::rename(site.folder / "mirror.new", site.folder / "mirror.json");
    };
    mirror(first);
    site.approve(first);
    site.start();
    REQUIRE(site.wait_for("components.server.installed", first));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.status()["components.server.approved_by"] == "chain, mirror");
    const auto pid = site.node_pid();
    const auto second = site.publish("2");
    site.approve(second);
    REQUIRE(
        eventually([&] { return has(site.status()["components.server.reason"], "do not agree"); }));
    CHECK(site.status()["components.server.approved"] == first);
    CHECK(site.node_pid() == pid);
    CHECK(eventually([&] { return has(site.history(), "disagreement"); }));
    mirror(second);
    REQUIRE(site.wait_for("components.server.installed", second));
    CHECK(site.wait_for("components.server.state", "current"));
}

TEST_CASE("orders need a host, and say so") {
    Site site;
    for (const auto* command : {"unpin", "hold", "release", "rollback", "approve"})
        CHECK(site.command({command, "server"}).status == 3);
}
