// SPDX-License-Identifier: Apache-2.0
// What only the host may know.
#include "integration/site.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace cmw::test;

namespace {

constexpr const char* secret = "kestrel-4711-do-not-tell";

bool tells(const std::string& text) {
    return text.find(secret) != std::string::npos;
}

std::string all_of(const Ended& ended) {
    return ended.output + ended.errors;
}

std::string of_process(pid_t pid, const std::string& file) {
    return read_text("/proc/" + std::to_string(pid) + "/" + file);
}

} // namespace

TEST_CASE("flaw 14: a secret is in no argument, environment, log or answer") {
    Site site;
    const auto file = site.folder / "token";
    write_text(file, secret);
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    // Nobody listens there: that it cannot be reached is told, with all that a log says of it.
    site.append("[log-backend.grafana]\nplugin = \"loki\"\nurl = \"http://127.0.0.1:9\"\n"
                "bearer-token = { file = \"" +
                file + "\" }\n");
    site.rewrite("to    = [\"disk\"]", "to    = [\"disk\", \"grafana\"]");
    const auto node = site.run_version_1();
    REQUIRE(eventually([&] { return !site.status()["plugins.grafana.last_error"].empty(); }));
    for (const auto pid : {site.host().pid(), node}) {
        CHECK(of_process(pid, "cmdline").size() > 1);
        CHECK_FALSE(tells(of_process(pid, "cmdline")));
        CHECK_FALSE(tells(of_process(pid, "environ")));
    }
    for (const auto& asked : std::vector<std::vector<std::string>>{
             {"status"}, {"status", "--json"}, {"config", "show"}, {"check"}, {"history"}}) {
        CAPTURE(asked[0]);
        const auto answer = site.command(asked);
        CHECK(answer.status == 0);
        CHECK_FALSE(all_of(answer).empty());
        CHECK_FALSE(tells(all_of(answer)));
    }
    CHECK(all_of(site.command({"config", "show"})).find("grafana") != std::string::npos);
    CHECK_FALSE(tells(site.host_output()));
    CHECK_FALSE(tells(site.node_log()));
}

TEST_CASE("flaw 8: all logs of the shipped configuration are in one folder") {
    const auto text = read_text(std::string(CONFIGURATIONS) + "/node.toml");
    const std::string folder = "/opt/xxnetwork/log";
    std::size_t found = 0;
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder, at + 1)) {
        ++found;
        CHECK(text[at + folder.size()] == '/'); // Not "/logs/".
    }
    CHECK(found >= 2);
}
