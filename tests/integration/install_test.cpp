// SPDX-License-Identifier: Apache-2.0
// What consensus approves is installed and run, and nothing else ever is.
#include "integration/site.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cmw::test;

TEST_CASE("the first approval installs and starts the program") {
    Site site;
    const auto pid = site.run_version_1();
    CHECK(is_running(pid));
    CHECK(read_text(site.folder / "bin/node") == demo_node("1"));
    const auto status = site.status();
    CHECK(status["components.server.approved"] == site.first);
    CHECK(status["components.server.installed"] == site.first);
    CHECK(status["components.server.desired"] == site.first);
    CHECK(status["services.node.restarts"] == "0");
    CHECK(status["services.node.usage.threads"] == "1");
    CHECK(status["services.node.usage.memory_bytes"].size() > 3);
    CHECK(
        eventually([&] { return site.node_log().find("version 1 started") != std::string::npos; }));
    struct stat installed {};
    REQUIRE(::stat((site.folder / "bin/node").c_str(), &installed) == 0);
    CHECK((installed.st_mode & 07777) == 0755);
    CHECK(site.history().find("activated") != std::string::npos);
}

TEST_CASE("a new approval swaps the program and keeps the previous one") {
    Site site;
    const auto old_pid = site.run_version_1();
    const auto second = site.publish("2");
    site.approve(second);
    REQUIRE(site.wait_for("components.server.installed", second));
    REQUIRE(site.wait_for("components.server.state", "current"));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() != old_pid);
    CHECK_FALSE(is_running(old_pid));
    CHECK(read_text(site.folder / "bin/node") == demo_node("2"));
    CHECK(
        eventually([&] { return site.node_log().find("version 2 started") != std::string::npos; }));
    const auto kept = site.status()["components.server.kept"];
    CHECK(kept.find(site.first) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(site.folder / "bin/.node.cmw-staged"));
}

namespace {

struct BadArtifact {
    const char* what;
    std::string digest;
    std::string bytes;
};

std::vector<BadArtifact> bad_artifacts() {
    const auto good = demo_node("2");
    const auto script = std::string("neither ELF nor a script\n");
    const auto large = demo_node("2") + std::string(17 << 20, 'x');
    return {{"one byte differs", digest_of(good), good.substr(0, good.size() - 1) + "!"},
            {"truncated", digest_of(good), good.substr(0, good.size() / 2)},
            {"longer", digest_of(good), good + "x"},
            {"empty", digest_of(good), ""},
            {"another version", digest_of(good), demo_node("3")},
            {"too large", digest_of(large), large},
            {"cannot be executed", digest_of(script), script}};
}

} // namespace

TEST_CASE("what is not the approved program never replaces or disturbs the running one") {
    Site site;
    const auto pid = site.run_version_1();
    std::size_t told = site.history().size();
    for (const auto& bad : bad_artifacts()) {
        CAPTURE(bad.what);
        site.store(bad.digest, bad.bytes);
        site.approve(bad.digest);
        REQUIRE(site.wait_for("components.server.approved", bad.digest));
        REQUIRE(eventually([&] { return !site.status()["components.server.reason"].empty(); }));
        const auto status = site.status();
        CAPTURE(status["components.server.reason"]);
        CHECK(status["components.server.state"] != "current");
        CHECK(status["components.server.installed"] == site.first);
        CHECK(status["services.node.state"] == "running");
        CHECK(site.node_pid() == pid);
        CHECK(read_text(site.folder / "bin/node") == demo_node("1"));
        const auto history = site.history();
        CAPTURE(history);
        CHECK(history.find("refused") != std::string::npos);
        CHECK(history.size() > told);
        told = history.size();
        site.approve(site.first);
        REQUIRE(site.wait_for("components.server.state", "current"));
        std::filesystem::remove(site.folder / ("store/server/" + bad.digest));
    }
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["services.node.restarts"] == "0");
}

TEST_CASE("an answer that is not whole changes nothing and is reported") {
    Site site;
    const auto pid = site.run_version_1();
    const std::vector<std::string> answers{
        R"({"server": ")" + std::string(64, '0') + "\"}", // all zero
        R"({"server": "not a digest"})",
        R"({"server": ")" + site.first.substr(2) + "\"}",
        R"({"server": 5})",
        R"({"server": )",
        "{}",
        "[]",
        "",
    };
    for (const auto& answer : answers) {
        CAPTURE(answer);
        site.set_chain(answer);
        CHECK(eventually([&] {
            const auto status = site.status();
            return !status["consensus.chain.reason"].empty() ||
                   !status["components.server.reason"].empty();
        }));
        CHECK(site.node_pid() == pid);
        CHECK(site.status()["components.server.installed"] == site.first);
        site.approve(site.first);
        CHECK(site.wait_for("consensus.chain.state", "ok"));
        CHECK(site.wait_for("components.server.state", "current"));
    }
    std::filesystem::remove(site.chain);
    CHECK(eventually([&] { return !site.status()["consensus.chain.reason"].empty(); }));
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["services.node.restarts"] == "0");
}

TEST_CASE("flaw 15: an installed file that was tampered with is not started but replaced") {
    Site site;
    site.run_version_1();
    REQUIRE(site.end(SIGTERM) == 0);
    write_text(site.folder / "bin/node", demo_node("evil"));
    site.start();
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.wait_for("components.server.installed", site.first));
    CHECK(read_text(site.folder / "bin/node") == demo_node("1"));
    CHECK(site.node_log().find("version evil started") == std::string::npos);
}

TEST_CASE("an installed file that was tampered with stays down where nothing can replace it") {
    Site site;
    site.run_version_1();
    REQUIRE(site.end(SIGTERM) == 0);
    std::filesystem::remove_all(site.folder / "store");
    std::filesystem::remove_all(site.folder / "state/artifacts");
    write_text(site.folder / "bin/node", demo_node("evil"));
    site.start();
    REQUIRE(eventually([&] { return !site.status()["components.server.reason"].empty(); }));
    CHECK(site.node_pid() == 0);
    CHECK(site.node_log().find("version evil started") == std::string::npos);
    // The store comes back: the right one is fetched and started.
    site.publish("1");
    REQUIRE(site.command({"restart", "node"}).status >= 0);
    CHECK(site.wait_for("services.node.state", "running"));
    CHECK(read_text(site.folder / "bin/node") == demo_node("1"));
}
