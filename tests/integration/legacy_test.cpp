// SPDX-License-Identifier: Apache-2.0
//
// As an operator of the old wrapper would: its published unit file is converted, checked and run; or
// its flags are taken as they are. Only the paths are those of a folder of the test's.
#include "integration/site.hpp"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <pwd.h>
#include <regex>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cmw::test;

namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

/// A node's machine as the old wrapper left it: programs in place, which a file approves.
struct Machine : Site {
    explicit Machine(const std::string& published) {
        for (const auto* name : {"bin", "lib", "log", "config", "cred"})
            fs::create_directories(root() + "/" + name);
        const auto put = [&](const std::string& name, const std::string& bytes) {
            write_text(root() + "/" + name, bytes);
            fs::permissions(root() + "/" + name, fs::perms(0755));
            return "\"" + digest_of(bytes) + "\"";
        };
        const auto program = put("bin/xxnetwork-cmix", demo_node("1"));
        const auto libpow = put("lib/libpowmosm75.so", "library\n");
        const auto fatbin = put("lib/libpow.fatbin", "kernels\n");
        put("config/cmix.yaml", "\n");
        write_text(root() + "/cred/hashes.json", "{\"server\": " + program + ", \"libpow\": " +
                                                     libpow + ", \"fatbin\": " + fatbin + "}\n");
        unit = folder / "xxnetwork-cmix.service";
        auto text = read_text(UNITS "/" + published);
        REQUIRE_FALSE(text.empty());
        text = std::regex_replace(text, std::regex("/opt/xxnetwork"), root());
        text = std::regex_replace(text, std::regex("\\{\\{ KEY \\}\\}"), "KEYVALUE");
        text = std::regex_replace(text, std::regex("\\{\\{ SECRET \\}\\}"), "SECRETVALUE");
        text = std::regex_replace(text, std::regex("localhost:30334"), "127.0.0.1:9");
        text =
            std::regex_replace(text, std::regex("--consensus-log"),
                               "--hash-path " + root() + "/cred/hashes.json \\\n--consensus-log");
        const auto* user = ::getpwuid(::geteuid());
        REQUIRE(user != nullptr);
        text = std::regex_replace(text, std::regex("User=ubuntu"),
                                  "User=" + std::string(user->pw_name));
        rlimit limit{};
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
        text = std::regex_replace(text, std::regex("LimitNOFILE=infinity"),
                                  "LimitNOFILE=" + std::to_string(limit.rlim_max));
        write_text(unit, text);
    }

    std::string root() const { return folder / "opt/xxnetwork"; }

    /// What a test needs besides: no network, and folders of its own.
    void keep_to_itself(const std::string& drop_ins, const std::string& host) const {
        std::string text = "[host]\n" + host;
        for (const auto* table :
             {"binary-source.network", "command-source.management", "log-backend.cloud"})
            text += "[" + std::string(table) + "]\nendpoint = \"http://127.0.0.1:9\"\n";
        write_text(drop_ins + "/test.toml", text);
    }

    /// The words of the unit's command, without the program.
    std::vector<std::string> flags() const {
        std::vector<std::string> words;
        const auto text = read_text(unit);
        const std::regex word(
            "\n(--[a-z0-9-]+)(?: (\\S+))? \\\\|(--hash-path|--consensus-url) (\\S+)");
        for (std::sregex_iterator found(text.begin(), text.end(), word), end; found != end; ++found)
            for (const std::size_t index : {1U, 2U, 3U, 4U})
                if ((*found)[index].matched) words.push_back((*found)[index]);
        return words;
    }

    std::string unit;
};

} // namespace

TEST_CASE("the published unit file of a node is converted, passes check, and its node runs") {
    Machine site("xxnetwork-node.service");
    site.config = site.folder / "etc/wrapper.toml";
    const auto converted =
        run({program_path(), "config", "convert", site.unit, "--output", site.config});
    CAPTURE(converted.errors);
    REQUIRE(converted.status == 0);
    CHECK_FALSE(has(converted.output + converted.errors + read_text(site.config), "SECRETVALUE"));
    CHECK_FALSE(has(converted.output + converted.errors + read_text(site.config), "KEYVALUE"));
    CHECK(read_text(site.folder / "etc/secrets/s3-secret") == "SECRETVALUE");
    CHECK(mode_of(site.folder / "etc/secrets/s3-secret") == 0600);
    CHECK(mode_of(site.folder / "etc/secrets") == 0700);
    site.keep_to_itself(site.config + ".d", "state-dir = \"" + site.folder / "state" +
                                                "\"\nruntime-dir = \"" + site.folder / "run" +
                                                "\"\n");
    const auto checked = site.command({"check"});
    CAPTURE(checked.errors);
    CHECK(checked.status == 0);

    site.start();
    CHECK(site.wait_for("services.cmix.state", "running"));
    CHECK(site.status()["components.server.state"] == "current");
    CHECK(site.status()["components.fatbin.state"] == "current");
    CHECK(site.end(SIGTERM) == 0);
    CHECK_FALSE(has(read_text(site.root() + "/log/cmix-wrapper.log"), "SECRETVALUE"));
}

TEST_CASE("what is there is not overwritten, and secrets are not printed") {
    Machine site("xxnetwork-node.service");
    const auto file = site.folder / "wrapper2.toml";
    write_text(file, "mine\n");
    const auto kept = run({program_path(), "config", "convert", site.unit, "--output", file});
    CHECK(kept.status == 1);
    CHECK(has(kept.errors, "wrapper2.toml: error: cannot write the file: there is another one"));
    CHECK(read_text(file) == "mine\n");
    CHECK_FALSE(fs::exists(site.folder / "secrets"));

    const auto refused = run({program_path(), "config", "convert", site.unit});
    CHECK(refused.status == 2);
    CHECK(refused.output.empty());
    CHECK(has(refused.errors, "--secrets FOLDER"));
    for (int again = 0; again < 2; ++again) {
        const auto printed = run(
            {program_path(), "config", "convert", "--secrets", site.folder / "keys", site.unit});
        CHECK(printed.status == 0);
        CHECK(has(printed.output, "[service.cmix]"));
        CHECK_FALSE(has(printed.output + printed.errors, "SECRETVALUE"));
    }
    CHECK(read_text(site.folder / "keys/s3-access-key") == "KEYVALUE");
}

TEST_CASE("flags alone are converted, and a misspelt one is not") {
    const auto flags = [](const std::string& separator, const std::string& more) {
        return run({program_path(), "config", "convert", separator, "--gateway", "--binary-path",
                    "/b", "--config-path=/c", more});
    };
    for (const auto* separator : {"--flags", "--"}) {
        const auto good = flags(separator, "--verbose");
        CAPTURE(good.errors);
        CHECK(good.status == 0);
        CHECK(has(good.output, "[component.gateway]"));
    }
    const auto bad = flags("--flags", "--verbos-e");
    CHECK(bad.status == 2);
    CHECK(has(bad.errors, "--verbos-e: error: cannot understand this flag"));
    CHECK(has(bad.errors, "did you mean --verbose?"));
    CHECK(run({program_path(), "config", "convert"}).status == 2);
    CHECK(run({program_path(), "config", "convert", "/no/such.service"}).status == 2);
    CHECK(run({program_path(), "config", "show", "convert"}).status == 2);
}

TEST_CASE("the old flags run as they are; a reload reads them again") {
    Machine site("xxnetwork-node.service");
    const auto state = site.folder / "legacy-state";
    site.config = state + "/legacy/wrapper.toml";
    ::setenv("STATE_DIRECTORY", state.c_str(), 1);
    ::setenv("RUNTIME_DIRECTORY", (site.folder / "legacy-run").c_str(), 1);
    auto command = site.flags();
    REQUIRE(command.size() == 42);
    command.insert(command.begin(), {program_path(), "legacy"});

    auto misspelt = command;
    misspelt.insert(misspelt.end(), {"--cmd-path", "/x"});
    const auto refused = run(misspelt);
    CHECK(refused.status == 2);
    CHECK(has(refused.errors, "--cmd-path: error: cannot understand this flag"));

    site.keep_to_itself(site.config + ".d", "log-level = \"info\"\n");
    Child host(command, site.folder / "host.out", site.folder / "host.out");
    CHECK(site.wait_for("services.cmix.state", "running"));
    const auto pid = site.status()["services.cmix.pid"];
    CHECK(mode_of(site.config) == 0600);
    CHECK(mode_of(state + "/legacy/s3-secret") == 0600);
    const auto said = site.host_output();
    CAPTURE(said);
    CHECK(has(said, "config convert"));
    CHECK_FALSE(has(said, "SECRETVALUE"));
    CHECK_FALSE(has(said, "KEYVALUE"));
    CHECK(site.command({"reload"}).status == 0);
    host.signal(SIGHUP);
    CHECK(eventually([&] {
        const auto log = read_text(site.root() + "/log/cmix-wrapper.log");
        const std::string line = "the configuration was read again";
        return log.find(line) != log.rfind(line);
    }));
    CHECK(site.wait_for("services.cmix.state", "running"));
    CHECK(site.status()["services.cmix.pid"] == pid);
    CHECK_FALSE(has(read_text(site.root() + "/log/cmix-wrapper.log"), "SECRETVALUE"));
    host.signal(SIGTERM);
    CHECK(host.wait() == 0);
}

TEST_CASE("what is wrong with a flag's value is told of the flag") {
    Machine site("xxnetwork-node.service");
    const auto state = site.folder / "legacy-state";
    ::setenv("STATE_DIRECTORY", state.c_str(), 1);
    auto command = site.flags();
    command.insert(command.begin(), {program_path(), "legacy"});
    command.insert(command.end(), {"--consensus-url", "no URL"});
    const auto refused = run(command);
    CAPTURE(refused.errors);
    CHECK(refused.status == 2);
    CHECK(has(refused.errors, "--consensus-url: error: cannot"));
    CHECK_FALSE(has(refused.errors, "wrapper.toml:"));
}
