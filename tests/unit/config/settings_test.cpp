// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"
#include "support/temporary_folder.hpp"

#include <cstdlib>

using namespace cmw;
using namespace cmw::config;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view instances = R"(
[consensus-source.chain]
plugin    = "substrate"
endpoints = ["ws://localhost:63007"]
[binary-source.mine]
plugin = "local-path"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
[process-runner.local]
plugin   = "posix"
deadline = "5s"
[log-backend.disk]
plugin = "file"
path   = "{stream}.log"
[log-backend.cloud]
plugin = "every-type"
)";

Loaded read(const std::string& text) {
    const auto document = parse_document(std::string(instances) + text, "/etc/w/f.toml");
    REQUIRE(document);
    return read_settings(**document, test::find_schema, {});
}

Settings read_good(const std::string& text) {
    auto loaded = read(text);
    for (const auto& problem : loaded.problems) MESSAGE(to_string(problem));
    REQUIRE(loaded.problems.empty());
    return loaded.settings;
}

constexpr auto least_service = "[service.s]\nrunner = 'local'\ncommand = ['/bin/true']\n";

} // namespace

TEST_CASE("the host has its defaults") {
    const auto host = read_good("").host;
    CHECK(host.state_dir == "/var/lib/cmix-wrapper");
    CHECK(host.runtime_dir == "/run/cmix-wrapper");
    CHECK(host.plugin_path.empty());
    CHECK(host.control_users.empty());
    CHECK(host.log_level == "info");
    CHECK_FALSE(host.keep_services_on_exit);
}

TEST_CASE("the host is read, even where something else is wrong") {
    const auto document = parse_document("[host]\nstate-dir = 's'\nplugin-path = ['/p', 'q']\n"
                                         "log-level = 'loud'\nkeep-services-on-exit = true\n"
                                         "control-users = ['op', '1000']\nrun-dir = '/x'\n",
                                         "/etc/w/f.toml");
    REQUIRE(document);
    const auto host = read_host(**document);
    CHECK(host.state_dir == "/etc/w/s");
    CHECK(host.plugin_path == std::vector<std::string>{"/p", "/etc/w/q"});
    CHECK(host.log_level == "info");
    CHECK(host.keep_services_on_exit);
    CHECK(host.control_users == std::vector<std::string>{"op", "1000"});
    CHECK(read_settings(**document, test::find_schema, {}).problems.size() == 2);
}

TEST_CASE("instances are read in the order of the file") {
    const auto settings = read_good("");
    REQUIRE(settings.instances.size() == 5);
    CHECK(settings.instances[0].name == "chain");
    CHECK(settings.instances[0].kind == "consensus-source");
    CHECK(settings.instances[0].position == Position{"/etc/w/f.toml", 2, 1});
    const auto* mine = settings.instance("mine");
    REQUIRE(mine != nullptr);
    CHECK(mine->plugin == "local-path");
    REQUIRE(mine->sha256);
    CHECK(mine->sha256->algorithm == "sha-256");
    CHECK_FALSE(mine->deadline);
    CHECK(settings.instance("local")->deadline == 5s);
    CHECK(settings.instance("none") == nullptr);
}

TEST_CASE("components are read, with uses and their options") {
    const auto settings =
        read_good("[component.a]\npath = 'bin/a'\napproved-by = 'chain'\nfrom = 'mine'\n"
                  "[component.b]\npath = '/b'\napproved-by = { use = 'chain' }\nfield = 'server'\n"
                  "from = { use = 'mine', path = 'my/b' }\nmode = '0500'\nmax-size = '1MiB'\n");
    const auto& a = *settings.component("a");
    CHECK(a.path == "/etc/w/bin/a");
    REQUIRE(a.approved_by.size() == 1);
    CHECK(a.approved_by[0].instance == "chain");
    CHECK(a.field == "a");
    CHECK(a.mode == 0755);
    CHECK(a.max_size == std::int64_t{2} << 30);
    REQUIRE(a.from.options.size() == 1);
    CHECK(std::holds_alternative<std::monostate>(a.from.options[0].value));
    const auto& b = *settings.component("b");
    CHECK(b.field == "server");
    CHECK(b.from.instance == "mine");
    CHECK(std::get<std::string>(b.from.options.at(0).value) == "/etc/w/my/b");
    CHECK(b.mode == 0500);
    CHECK(b.max_size == 1 << 20);
}

TEST_CASE("services have their defaults") {
    const auto settings = read_good(least_service);
    const auto& service = *settings.service("s");
    CHECK(service.runner.instance == "local");
    CHECK(service.runner.options.size() == 3);
    CHECK(service.command == std::vector<std::string>{"/bin/true"});
    CHECK(service.directory.empty());
    CHECK(service.environment.empty());
    CHECK(service.components.empty());
    CHECK(service.start_when == StartWhen::always);
    CHECK(service.restart == Restart::on_failure);
    CHECK(service.stop_timeout == 30s);
    CHECK(service.restart_first == 1s);
    CHECK(service.restart_cap == 1min);
    CHECK(service.healthy_after == 10s);
    CHECK(service.output_path == "/var/lib/cmix-wrapper/output/s.log");
    CHECK(service.error_path == service.output_path);
    CHECK_FALSE(service.health);
    CHECK(settings.streams.empty());
}

TEST_CASE("services are read") {
    const auto settings = read_good(
        "[component.c]\npath = '/c'\napproved-by = 'chain'\nfrom = 'mine'\n"
        "[service.s]\nrunner = { use = 'local', user = 'cmix' }\ncommand = ['bin/s', '--x', '']\n"
        "directory = 'd'\nenvironment = { A = '1', B = '' }\ncomponents = ['c']\n"
        "start-when = 'ready'\nrestart = 'never'\nstop-timeout = '0s'\nrestart-delay = '2s'\n"
        "restart-delay-max = '2s'\nhealthy-after = '1m'\n"
        "health = { exec = ['bin/h'], every = '1s', after = '2s', timeout = '3s', failures = 4 "
        "}\n");
    const auto& service = *settings.service("s");
    CHECK(std::get<std::string>(service.runner.options.at(0).value) == "cmix");
    CHECK(service.command == std::vector<std::string>{"/etc/w/bin/s", "--x", ""});
    CHECK(service.directory == "/etc/w/d");
    CHECK(service.environment == std::map<std::string, std::string>{{"A", "1"}, {"B", ""}});
    CHECK(service.components == std::vector<std::string>{"c"});
    CHECK(service.start_when == StartWhen::ready);
    CHECK(service.restart == Restart::never);
    CHECK(service.stop_timeout == 0s);
    CHECK(service.restart_first == 2s);
    CHECK(service.restart_cap == 2s);
    CHECK(service.healthy_after == 1min);
    REQUIRE(service.health);
    CHECK(service.health->exec == std::vector<std::string>{"/etc/w/bin/h"});
    CHECK(service.health->every == 1s);
    CHECK(service.health->after == 2s);
    CHECK(service.health->timeout == 3s);
    CHECK(service.health->failures == 4);
}

TEST_CASE("health has its defaults and three ways") {
    const auto health = [](const std::string& value) {
        return *read_good(std::string(least_service) + "health = " + value).service("s")->health;
    };
    const auto tcp = health("{ tcp = '[::1]:80' }");
    CHECK(tcp.tcp == "[::1]:80");
    CHECK(tcp.every == 10s);
    CHECK(tcp.after == 30s);
    CHECK(tcp.timeout == 5s);
    CHECK(tcp.failures == 3);
    CHECK(health("{ http = 'https://localhost/' }").http == "https://localhost/");
    CHECK(health("{ exec = ['/t', 'x'] }").exec.size() == 2);
}

TEST_CASE("a service writes to where the stream of its name reads") {
    struct Row {
        std::string service;
        std::string stream;
        std::string out;
        std::string error;
        std::string followed;
    };
    const std::string fallback = "/var/lib/cmix-wrapper/output/s.log";
    const std::vector<Row> table{
        {"", "", fallback, fallback, ""},
        {"", "path = '/l'", "/l", "/l", "/l"},
        {"", "to = ['disk']", fallback, fallback, fallback},
        {"output = '/o'", "", "/o", "/o", ""},
        {"output = '/o'", "to = ['disk']", "/o", "/o", "/o"},
        {"output = '/o'", "path = '/l'", "/o", "/o", "/l"},
        {"output = 'null'", "", "", "", ""},
        {"output = 'null'", "path = '/l'", "", "", "/l"},
        {"output = { stdout = 'null' }", "path = '/l'", "", "/l", "/l"},
        {"output = { stderr = 'e' }", "path = '/l'", "/l", "/etc/w/e", "/l"},
        {"output.stdout = '/o'\noutput.stderr = 'null'", "", "/o", "", ""},
        {"output = { env = 'CMW_TEST_OUTPUT' }", "path = '/l'", "/v", "/v", "/l"},
    };
    ::setenv("CMW_TEST_OUTPUT", "/v", 1);
    for (const auto& row : table) {
        CAPTURE(row.service);
        CAPTURE(row.stream);
        const auto stream = row.stream.empty() ? "" : "[log.s]\n" + row.stream + "\n";
        const auto settings = read_good(least_service + row.service + "\n" + stream);
        CHECK(settings.service("s")->output_path == row.out);
        CHECK(settings.service("s")->error_path == row.error);
        REQUIRE(settings.streams.size() == (row.stream.empty() ? 0 : 1));
        if (!row.stream.empty()) CHECK(settings.stream("s")->path == row.followed);
    }
    ::unsetenv("CMW_TEST_OUTPUT");
}

TEST_CASE("streams are read") {
    const auto settings =
        read_good("[log.a]\npath = 'a.log'\nto = ['disk', { use = 'cloud', stream = 'x', "
                  "min-level = 'warn', rate-limit = 5 }]\n"
                  "event = '^[0-9]+'\ntime = 'cmix'\nredact = ['k=(\\S+)']\n"
                  "invalid-bytes = 'replace'\nstart = 'end'\nmax-size = '1MiB'\n"
                  "when-full = 'drop-oldest'\n[log.cmix-wrapper]\n");
    const auto& a = *settings.stream("a");
    CHECK(a.path == "/etc/w/a.log");
    CHECK(a.event == "^[0-9]+");
    CHECK(a.time == "cmix");
    CHECK(a.redact == std::vector<std::string>{"k=(\\S+)"});
    CHECK(a.replace_invalid);
    CHECK(a.from_end);
    CHECK(a.max_size == 1'048'576);
    CHECK(keep_of(a) == 524'288);
    CHECK(a.drop_oldest);
    CHECK(a.to.at(0).min_level.empty());
    CHECK(a.to.at(1).min_level == "warn");
    CHECK(a.to.at(1).rate_limit == 5);
    REQUIRE(a.to.size() == 2);
    CHECK(a.to[0].instance == "disk");
    CHECK(a.to[1].instance == "cloud");
    CHECK(std::get<std::string>(a.to[1].options.at(0).value) == "x");
    const auto& own = *settings.stream(own_stream);
    CHECK(own.path == "/var/lib/cmix-wrapper/output/cmix-wrapper.log");
    CHECK(own.to.empty());
    CHECK(own.event == "line");
    CHECK(own.time == "read");
    CHECK_FALSE(own.replace_invalid);
}

TEST_CASE("plugins check instances and uses whose options are each fine") {
    const auto document =
        parse_document("[process-runner.local]\nplugin = 'posix'\n[process-runner.bad]\nplugin = "
                       "'posix'\nusr = ''\n"
                       "[service.s]\nrunner = { use = 'local', user = 'x' }\ncommand = ['/s']\n"
                       "[service.t]\nrunner = { use = 'bad', user = 'x' }\ncommand = ['/t']\n",
                       "f");
    std::vector<std::string> asked;
    const auto loaded =
        read_settings(**document, test::find_schema,
                      [&](const InstanceSettings& instance,
                          const UseSettings* use) -> std::optional<base::Problem> {
                          asked.push_back(instance.name + (use == nullptr ? "" : " used"));
                          return base::Problem{"", "cannot do this", "do that"};
                      });
    CHECK(asked == std::vector<std::string>{"local", "local used"});
    REQUIRE(loaded.problems.size() == 3);
    CHECK(to_string(loaded.problems[0]) == "f:1:1: cannot do this; do that");
    CHECK(loaded.problems[1].where == "f:5:1");
    CHECK(to_string(loaded.problems[2]) == "f:7:10: cannot do this (for 'runner'); do that");
}

TEST_CASE("the configuration's path is given, in the environment, or the usual one") {
    ::unsetenv("CMIX_WRAPPER_CONFIG");
    CHECK(configuration_path("") == "/etc/cmix-wrapper/wrapper.toml");
    ::setenv("CMIX_WRAPPER_CONFIG", "/e.toml", 1);
    CHECK(configuration_path("") == "/e.toml");
    CHECK(configuration_path("g.toml") == "g.toml");
    ::unsetenv("CMIX_WRAPPER_CONFIG");
}
