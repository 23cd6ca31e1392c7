// SPDX-License-Identifier: Apache-2.0
//
// Signed orders of the network, through the real program: made by `command sign`, brought by the
// plugin `directory`, carried out once.
#include "fakes/certificates.hpp"
#include "integration/site.hpp"

#include <csignal>
#include <doctest/doctest.h>

using namespace cmw::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A site with a network that gives orders.
struct Ordered : Site {
    explicit Ordered(const std::string& more = {}) {
        const auto management = self_signed({.key = KeyKind::rsa, .names = ""});
        write_text(folder / "network.crt", management.certificate);
        write_text(folder / "network.pem", management.key);
        std::filesystem::create_directory(folder / "orders");
        append("[command-source.management]\nplugin = \"directory\"\npath = \"" +
               folder / "orders" + "\"\ncertificate = \"" + folder / "network.crt" +
               "\"\nservices = [\"node\"]\n" + more);
    }

    /// The signed file of these commands.
    std::string sign(const std::string& commands, std::vector<std::string> options = {}) const {
        write_text(folder / "order.json", "{\"commands\":\n [" + commands + "]}\n");
        options.insert(options.begin(),
                       {"command", "sign", "--key", folder / "network.pem", folder / "order.json"});
        const auto ended = command(options);
        CAPTURE(ended.errors);
        REQUIRE(ended.status == 0);
        return ended.output;
    }
    /// Puts the file there as one.
    void issue(const std::string& name, const std::string& content) const {
        write_text(folder / "orders.new", content);
        std::filesystem::rename(folder / "orders.new", folder / ("orders/" + name));
    }
    bool wait_for_history(const std::string& part) const {
        return eventually([&] { return has(history(), part); });
    }
};

const std::string stop_binary = R"({"command": "stop", "target": "binary"})";
const std::string start_binary = R"({"command": "start", "target": "binary"})";

} // namespace

TEST_CASE("flaw 17: a signed stop lasts over restarts, and orders given meanwhile are not lost") {
    Ordered site;
    site.run_version_1();
    site.issue("1.jsonl", site.sign(stop_binary));
    REQUIRE(site.wait_for("services.node.state", "stopped"));
    CHECK(has(site.history(), "management (1.jsonl)"));
    REQUIRE(site.end(SIGKILL));
    site.start();
    REQUIRE(site.wait_for("components.server.state", "current"));
    CHECK(site.wait_for("orders.management.last", "1.jsonl: done"));
    CHECK(site.status()["services.node.state"] == "stopped");

    REQUIRE(site.end(SIGTERM));
    site.issue("2.jsonl", site.sign(start_binary)); // Nobody is there.
    site.start();
    CHECK(site.wait_for("services.node.state", "running"));
    CHECK(site.wait_for("orders.management.last", "2.jsonl: done"));
    // The operator is not bound by it, and the old file, which is still there, does not come back.
    REQUIRE(site.command({"stop", "node"}).status == 0);
    REQUIRE(site.end(SIGTERM));
    site.start();
    REQUIRE(site.wait_for("orders.management.last", "2.jsonl: done"));
    CHECK(site.status()["services.node.state"] == "stopped");
}

TEST_CASE("what is not signed by the network stops nothing, and is told once") {
    Ordered site;
    const auto pid = site.run_version_1();
    auto forged = site.sign(start_binary);
    forged.replace(forged.find("start"), 5, "stop ");
    site.issue("1.jsonl", forged);
    REQUIRE(site.wait_for_history("the signature is not that of CN=test itself (RSA 2048"));
    site.issue("2.jsonl", site.sign(start_binary));
    REQUIRE(site.wait_for("orders.management.last", "2.jsonl: done"));
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["services.node.state"] == "running");
    const auto told = site.history();
    CHECK(told.find("1.jsonl: cannot trust") == told.rfind("1.jsonl: cannot trust"));
    CHECK(has(site.command({"status"}).output, "refused 1.jsonl: cannot trust"));
}

TEST_CASE("flaw 11: a program that waits to be ready takes orders and has its logs shipped") {
    Ordered site;
    site.rewrite("components    = [\"server\"]",
                 "components    = [\"server\"]\nstart-when = \"ready\"");
    site.issue("old.jsonl", site.sign(stop_binary)); // From before the first look.
    site.start();
    REQUIRE(site.wait_for_history("before this host first looked"));
    std::string line = "INFO said by something else\n";
    write_text(site.folder / "node.log", line);
    CHECK(eventually([&] { return has(site.shipped_log(), "said by something else"); }));
    site.issue("1.jsonl", site.sign(stop_binary));
    CHECK(site.wait_for("orders.management.last", "1.jsonl: done"));
    CHECK(has(site.history(), "stop-ordered"));
}

TEST_CASE(
    "the network may stop the shipping of logs; nothing is lost of what is written meanwhile") {
    Ordered site;
    site.run_version_1();
    site.issue("1.jsonl", site.sign(R"({"command": "stop", "target": "logger"})"));
    REQUIRE(site.wait_for("logs_stopped_by", "management (1.jsonl)"));
    REQUIRE(site.wait_for("orders.management.last", "1.jsonl: done"));
    CHECK(has(site.command({"status"}).output, "logs are not shipped"));
    const auto before = site.node_log().size();
    REQUIRE(eventually([&] { return site.node_log().size() > before + 500; }));
    REQUIRE(site.end(SIGKILL));
    site.start();
    REQUIRE(site.wait_for("logs_stopped_by", "management (1.jsonl)")); // It lasts.
    const auto shipped = site.shipped_log();
    CHECK(site.command({"start", "logger"}).status == 0); // The operator may.
    REQUIRE(site.wait_for("logs_stopped_by", ""));
    REQUIRE(site.command({"stop", "node"}).status == 0);
    CHECK(eventually([&] {
        const auto written = site.node_log();
        return std::ranges::count(site.shipped_log(), '\n') >= std::ranges::count(written, '\n');
    }));
    CHECK(site.shipped_log().starts_with(shipped));
}

TEST_CASE("flaw 18: what an update order approves is put in place once, like any other version") {
    Ordered site;
    site.rewrite("approved-by = \"chain\"", "approved-by = \"management\"\nfield = \"binary\"");
    site.rewrite("{target}/{digest}", "server/{digest}");
    const auto one = site.publish("1");
    const auto two = site.publish("2");
    const auto update = [](const std::string& target, const std::string& hash) {
        return "{\"command\": \"update\", \"target\": \"" + target +
               "\", \"info\": {\"path\": \"server/x\", \"hash\": \"" + hash + "\"}}";
    };
    site.start();
    REQUIRE(site.wait_for("orders.management.waiting", "0"));
    site.issue("1.jsonl", site.sign(update("binary", one)));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.status()["components.server.installed"] == one);
    CHECK(site.status()["components.server.approved_by"] == "management");
    const auto pid = site.node_pid();
    site.issue("2.jsonl", site.sign(update("binary", one)));
    REQUIRE(site.wait_for("orders.management.last", "2.jsonl: done"));
    REQUIRE(site.end(SIGKILL));
    site.start();
    REQUIRE(site.wait_for("components.server.state", "current"));
    CHECK(site.node_pid() == pid);
    CHECK(site.status()["components.server.approved"] == one);

    site.issue("3.jsonl", site.sign(update("binary", two)));
    REQUIRE(site.wait_for("components.server.installed", two));
    REQUIRE(site.wait_for("services.node.state", "running"));
    CHECK(site.node_pid() != pid);
    site.issue("4.jsonl", site.sign(update("libpow", one)));
    REQUIRE(
        site.wait_for_history("cannot update 'libpow': no component is approved by management"));
    const auto told = site.history();
    CHECK(told.find("management (order management (3.jsonl))") != std::string::npos);
    CHECK(site.command({"rollback", "server"}).status == 0); // The operator has the last word.
    CHECK(site.wait_for("components.server.installed", one));
}

TEST_CASE("flaw 19: the certificate of orders is replaced only by one that is valid") {
    Ordered site;
    site.append(
        "[component.cert]\npath = \"" + site.folder / "network.crt" +
        "\"\nmode = \"0644\"\napproved-by = \"management\"\nfrom = { use = \"store\", path = "
        "\"" +
        site.folder / "store/cert" + "\" }\n");
    std::filesystem::create_directory(site.folder / "store/cert");
    site.run_version_1();
    const auto order = [&](const std::string& name, const std::string& bytes) {
        const auto hash = digest_of(bytes);
        write_text(site.folder / ("store/cert/" + hash), bytes);
        site.issue(name, site.sign("{\"command\": \"update\", \"target\": \"cert\", \"info\": "
                                   "{\"path\": \"x\", \"hash\": \"" +
                                   hash + "\"}}"));
        return hash;
    };
    const auto before = read_text(site.folder / "network.crt");
    order("1.jsonl", "any bytes");
    REQUIRE(site.wait_for("components.cert.state", "failed"));
    CHECK(has(site.status()["components.cert.reason"], "cannot"));
    const auto next = self_signed({.key = KeyKind::ed25519, .names = ""});
    auto expired = self_signed({.key = KeyKind::rsa, .names = "", .from_day = -3, .to_day = -1});
    order("2.jsonl", expired.certificate);
    REQUIRE(
        eventually([&] { return has(site.status()["components.cert.reason"], "it ended on"); }));
    CHECK(read_text(site.folder / "network.crt") == before);
    const auto hash = order("3.jsonl", next.certificate);
    REQUIRE(site.wait_for("components.cert.installed", hash));
    // From now on the next key orders, and the one before no more.
    site.issue("4.jsonl", site.sign(stop_binary));
    REQUIRE(site.wait_for_history("4.jsonl: cannot trust"));
    write_text(site.folder / "network.pem", next.key);
    site.issue("5.jsonl", site.sign(stop_binary));
    CHECK(site.wait_for("services.node.state", "stopped"));
}

TEST_CASE("the operator has the last word on an order, with everything in between going on") {
    Ordered site("ask = [\"stop\"]\n");
    site.run_version_1();
    site.issue("1.jsonl", site.sign(stop_binary +
                                    ", {\"command\": \"delay\", \"info\": "
                                    "{\"time\": 600000}}, " +
                                    start_binary));
    REQUIRE(site.wait_for("orders.management.asks", "true"));
    CHECK(site.status()["services.node.state"] == "running");
    CHECK(has(site.command({"status"}).output, "waits for 'command approve'"));
    CHECK(site.command({"command", "approve", "nobody"}).status == 1);
    CHECK(has(site.command({"command", "aprove", "management"}).errors, "did you mean 'approve'"));
    REQUIRE(site.command({"command", "approve", "management"}).status == 0);
    REQUIRE(site.wait_for("services.node.state", "stopped"));
    CHECK(eventually([&] { return has(site.status()["orders.management.doing"], "delay 10m"); }));
    // A delay of ten minutes is no reason for anything else to wait.
    CHECK(site.command({"start", "node"}).status == 0);
    CHECK(site.wait_for("services.node.state", "running"));
    const auto second = site.publish("2");
    site.approve(second);
    CHECK(site.wait_for("components.server.installed", second));
    CHECK(site.command({"command", "approve", "management"}).status == 1);
}

TEST_CASE("command sign and verify, with good and with bad input") {
    const Ordered site;
    const auto run = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "command");
        return site.command(words);
    };
    const auto file = site.folder / "command.jsonl";
    const auto certificate = site.folder / "network.crt";
    write_text(file,
               site.sign(stop_binary, {"--role", "server", "--expires", "1h", "--sequence", "7"}));
    const auto good = run({"verify", "--certificate", certificate, file});
    CHECK(good.status == 0);
    CHECK(has(good.output, "command.jsonl: good, of 20"));
    CHECK(has(good.output, ", for the role server, until 20"));
    CHECK(has(good.output, ", number 7\n  stop binary\n"));
    const auto other_role =
        run({"verify", "--certificate", certificate, "--role", "gateway", file});
    CHECK(other_role.status == 1);
    CHECK(has(other_role.errors, "it is for the role \"server\", and not \"gateway\""));
    write_text(site.folder / "bad.json", R"({"commands": [{"command": "reboot"}]})");
    const auto bad = run({"sign", "--key", site.folder / "network.pem", site.folder / "bad.json"});
    CHECK(bad.status == 1);
    CHECK(bad.output.empty());
    CHECK(has(bad.errors, "bad.json: cannot take the command set: the command \"reboot\""));
    CHECK(run({"sign", site.folder / "bad.json"}).status == 2);
    CHECK(run({"verify", file}).status == 2);
    CHECK(run({"verify", "--certificate", file, file}).status == 1);
    CHECK(run({"verify", "--certificate", certificate, site.folder / "none"}).status == 1);
    CHECK(run({"sign", "--key", site.folder / "none", site.folder / "order.json"}).status == 1);
    CHECK(run({"sign", "--key", site.folder / "network.pem", "--expires", "soon",
               site.folder / "order.json"})
              .status == 1);
}
