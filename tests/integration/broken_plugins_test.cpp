// SPDX-License-Identifier: Apache-2.0
//
// A host with plugins that are missing or break the rules: each has a clear state in `status`, and
// the node, its log and its upgrades go on.
#include "site.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace cmw::test;

namespace {

/// Tables for libraries of tests/misbehaving, beside what the site has.
std::string broken_tables(const std::string& gate) {
    std::string text = "[log-backend.missing]\nplugin = \"nowhere\"\n"
                       "[log-backend.over]\nplugin = \"over-reports\"\n";
    for (const auto* name : {"throws-in-create", "throws", "odd-status", "odd-text", "no-answer"})
        text += "[consensus-source." + std::string(name) + "]\nplugin = \"" + name + "\"\n";
    for (const auto* name : {"hangs-in-create", "hangs"})
        text += "[consensus-source." + std::string(name) + "]\nplugin = \"" + name +
                "\"\ndeadline = \"100ms\"\ngate = \"" + gate + "\"\n";
    return text;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("plugins that are missing or break the rules disturb nothing else") {
    Site site;
    const auto gate = site.folder / "gate";
    site.rewrite("[host]", "[host]\nplugin-path = [\"" PLUGINS "\", \"" LIBRARIES "\"]");
    site.rewrite("[\"disk\"]", "[\"disk\", \"missing\", \"over\"]");
    site.append(broken_tables(gate));
    const auto checked = site.command({"check"});
    CHECK(checked.status == 2); // `check` says it; `run` does not keep the node down for it.
    CHECK(has(checked.output + checked.errors, "nowhere"));

    const auto pid = site.run_version_1();
    for (const auto* name : {"hangs-in-create", "hangs"}) {
        CAPTURE(name);
        CHECK(site.wait_for("plugins." + std::string(name) + ".state", "stuck"));
    }
    const auto shown = site.status();
    CHECK(has(shown["plugins.missing.last_error"], "nowhere"));
    CHECK(has(shown["plugins.throws-in-create.last_error"], "no memory for"));
    CHECK(shown["plugins.throws.last_error"] != "");
    CHECK(has(shown["plugins.odd-status.last_error"], "cannot say"));
    CHECK(has(shown["plugins.odd-text.last_error"], "first second"));
    CHECK(shown["plugins.no-answer.last_error"] != "");
    CHECK(shown["plugins.over.last_error"] != "");
    CHECK(shown["logs.node.to.over.delivered"] == "0");
    CHECK(shown["plugins.disk.state"] == "ok");
    CHECK(site.node_pid() == pid);

    site.approve(site.publish("2")); // The main job goes on.
    CHECK(site.wait_for("components.server.state", "current"));
    CHECK(site.wait_for("components.server.approved", digest_of(demo_node("2"))));
    CHECK(site.wait_for("components.server.installed", digest_of(demo_node("2"))));
    CHECK(site.wait_for("services.node.state", "running"));
    write_text(gate, "");
    CHECK(site.end(SIGTERM) == 0);
    CHECK(has(site.shipped_log(), "version 2"));
}
