// SPDX-License-Identifier: Apache-2.0
//
// Every kind of fault in the host's tables: alone it is exactly one problem at its place, and all
// at once they are all found.
#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"

#include <cstdlib>

using namespace cmw;
using namespace cmw::config;

namespace {

base::Problems problems_of(const std::string& text) {
    const auto document = parse_document(text, "f");
    REQUIRE(document);
    return read_settings(**document, test::find_schema, {}).problems;
}

/// What every row builds on.
std::string base_tables() {
    return "consensus-source.chain = { plugin = 'substrate', endpoints = ['ws://x'] }\n"
           "binary-source.net = { plugin = 'http', url = 'https://x' }\n"
           "process-runner.local = { plugin = 'posix' }\n"
           "log-backend.disk = { plugin = 'file', path = 'x' }\n"
           "log-backend.cloud = { plugin = 'every-type' }\n"
           "component.c = { path = '/c', approved-by = 'chain', from = 'net' }\n"
           "log.l = { path = '/l' }\n";
}
constexpr int base_lines = 7;

struct Row {
    std::string text;
    int line; ///< Of `text`, from 1.
    int column;
    std::string what;
};

std::string service(const std::string& more) {
    return "[service.s]\nrunner = 'local'\ncommand = ['/s']\n" + more;
}
std::string component(const std::string& more) {
    return "[component.d]\npath = '/d'\napproved-by = 'chain'\n" + more;
}

const std::vector<Row>& rows() {
    static const std::vector<Row> table{
        // Tables
        {"[hots]", 1, 2, "cannot use the table 'hots': it is not known"},
        {"hots = 1", 1, 1, "cannot use the key 'hots': it is not known"},
        {"host = 1", 1, 8, "cannot use an integer for 'host': a table is expected"},
        {"service = 1", 1, 1, "cannot use an integer for 'service': a table is expected"},
        {"[[service]]\n", 1, 3, "cannot use a list for 'service': a table is expected"},
        {"[service]\nx = 1", 2, 1,
         "cannot use the key 'x' here: tables [service.NAME] are expected"},
        {"[log.Big]\npath = '/x'", 1, 6, "cannot use the name 'Big' for a table"},
        {"[log.-a]\npath = '/x'", 1, 6, "cannot use the name '-a' for a table"},
        {"[log.\"\"]\npath = '/x'", 1, 6, "cannot use the name '' for a table"},
        // Host
        {"[host]\nstate-dri = ''", 2, 1, "cannot use the key 'state-dri': it is not known"},
        {"[host]\nlog-level = 'loud'", 2, 13,
         "cannot use \"loud\" for 'log-level': it is not among the choices"},
        {"[host]\nplugin-path = ['/a', '']", 2, 22, "cannot use an empty path (for 'plugin-path')"},
        // Instances
        {"[log-backend.b]", 1, 1, "cannot do without the key 'plugin': it is required"},
        {"[log-backend.b]\nplugin = 'none'", 2, 10,
         "cannot use the plugin 'none': cannot find it in /plugins"},
        {"[log-backend.b]\nplugin = 'file'", 1, 1,
         "cannot do without the key 'path': it is required"},
        {"[log-backend.b]\nplugin = 'file'\npath = 'x'\npth = 'y'", 4, 1,
         "cannot use the key 'pth': it is not known"},
        {"[log-backend.b]\nplugin = 'file'\npath = 'x'\nsha256 = 'abc'", 4, 10,
         "cannot use \"abc\" as a SHA-256 (for 'sha256')"},
        {"[log-backend.b]\nplugin = 'file'\npath = 'x'\ndeadline = '0s'", 4, 12,
         "cannot use this value for 'deadline': it is out of range"},
        {"[log-backend.net]\nplugin = 'file'\npath = 'x'", 1, 14,
         "cannot use the name 'net' twice: [binary-source.net] at f:2:21 has it"},
        // Components
        {component(""), 1, 1, "cannot do without the key 'from': it is required"},
        {component("from = 'nett'"), 4, 8,
         "cannot find the binary-source 'nett' that 'from' names"},
        {component("from = 'chain'"), 4, 8,
         "cannot use 'chain' for 'from': it is a consensus-source"},
        {component("from = 3"), 4, 8,
         "cannot use an integer for 'from': it does not name a binary-source"},
        {component("from = { path = '/x' }"), 4, 8,
         "cannot use a table for 'from': it does not name a binary-source"},
        {component("from = { use = 'net', path = '/x' }"), 4, 23,
         "cannot use the key 'path': it is not known"},
        {component("from = 'net'\nmode = '0999'"), 5, 8,
         "cannot use \"0999\" as a file mode (for 'mode')"},
        {component("from = 'net'\nmode = '17777'"), 5, 8,
         "cannot use \"17777\" as a file mode (for 'mode')"},
        {component("from = 'net'\nmode = 755"), 5, 8,
         "cannot use an integer for 'mode': a string is expected"},
        {component("from = 'net'\nmax-size = '2G'"), 5, 12,
         "cannot use \"2G\" for 'max-size': it is not a size with a unit"},
        {"[component.d]\npath = '/x/../c'\napproved-by = 'chain'\nfrom = 'net'", 2, 8,
         "cannot use /c twice: [component.c] at f:6:15 has this path"},
        {"[component.d]\npath = '/d'\napproved-by = 'net'\nfrom = 'net'", 3, 15,
         "cannot use 'net' for 'approved-by': it is a binary-source"},
        // Services
        {"[service.s]\ncommand = ['/s']", 1, 1,
         "cannot do without the key 'runner': it is required"},
        {"[service.s]\nrunner = 'local'", 1, 1,
         "cannot do without the key 'command': it is required"},
        {"[service.s]\nrunner = 'locl'\ncommand = ['/s']", 2, 10,
         "cannot find the process-runner 'locl' that 'runner' names"},
        {"[service.s]\nrunner = 'local'\ncommand = []", 3, 11,
         "cannot run an empty command (for 'command')"},
        {"[service.s]\nrunner = 'local'\ncommand = '/s'", 3, 11,
         "cannot use a string for 'command': a list is expected"},
        {"[service.s]\nrunner = 'local'\ncommand = ['sleep', '1']", 3, 12,
         "cannot run \"sleep\": programs are not searched for in $PATH (for 'command')"},
        {service("components = ['c', 'd']"), 4, 20, "cannot find the component 'd'"},
        {service("components = [{ env = 'CMW_TEST_COMPONENT' }]"), 4, 15,
         "cannot find the component 'from-environment'"},
        {service("components = ['c', 'c']"), 4, 20, "cannot name 'c' twice"},
        {service("after = ['t']"), 4, 10, "cannot find the service 't'"},
        {service("after = ['s']"), 4, 9, "cannot order the services: s is after s"},
        {service("after = ['t']\n[service.t]\nrunner = 'local'\ncommand = ['/t']\nafter = ['s']"),
         4, 9, "cannot order the services: s is after t is after s"},
        {service("when-not-ready = 'stop'"), 4, 18,
         "cannot stop it when the node is not ready: it is started always"},
        {service("components = ['c', 1]"), 4, 20,
         "cannot use an integer in 'components': a string is expected"},
        {service("restart = 'allways'"), 4, 11,
         "cannot use \"allways\" for 'restart': it is not among the choices"},
        {service("restart-delay = '2m'"), 4, 17,
         "cannot use restart-delay 2m: it is longer than restart-delay-max, 1m"},
        {service("restart-delay-max = '1ms'"), 4, 21,
         "cannot use restart-delay 1s: it is longer than restart-delay-max, 1ms"},
        {service("environment = { 'A=B' = 'x' }"), 4, 15,
         "cannot set an environment variable named \"A=B\" (for 'environment')"},
        {service("output = ''"), 4, 10, "cannot use an empty path (for 'output')"},
        {service("output = { stdin = 'x' }"), 4, 12, "cannot use the key 'stdin': it is not known"},
        {service("output = 5"), 4, 10, "cannot use an integer for 'output': a string is expected"},
        {service("health = 'x'"), 4, 10, "cannot use a string for 'health': a table is expected"},
        {service("health = { every = '1s' }"), 4, 10,
         "cannot check health in 0 ways: exactly one of exec, tcp, http and log is needed"},
        {service("health = { tcp = 'a:1', http = 'http://x' }"), 4, 10,
         "cannot check health in 2 ways: exactly one of exec, tcp, http and log is needed"},
        {service("health = { tcp = 'localhost' }"), 4, 18,
         "cannot use \"localhost\" as an address (for 'health.tcp')"},
        {service("health = { tcp = '::1:80' }"), 4, 18,
         "cannot use \"::1:80\" as an address (for 'health.tcp')"},
        {service("health = { tcp = 'a:70000' }"), 4, 18,
         "cannot use \"a:70000\" as an address (for 'health.tcp')"},
        {service("health = { http = 'localhost' }"), 4, 19,
         "cannot use \"localhost\" as an HTTP URL (for 'health.http')"},
        {service("health = { exec = ['true'] }"), 4, 20,
         "cannot run \"true\": programs are not searched for in $PATH (for 'health.exec')"},
        {service("health = { exec = ['/t'], failures = 0 }"), 4, 38,
         "cannot use this value for 'health.failures': it is out of range"},
        {service("recovered-file = '/x'"), 4, 1,
         "cannot use the key 'recovered-file': it is not known"},
        // Streams
        {"[log.m]\npath = '/l'", 2, 8, "cannot use /l twice: [log.l] at f:7:9 has this path"},
        {"[log.m]\nto = 'disk'", 2, 6, "cannot use a string for 'to': a list is expected"},
        {"[log.m]\nto = ['dsk']", 2, 7, "cannot find the log-backend 'dsk' that 'to' names"},
        {"[log.m]\nto = ['local']", 2, 7, "cannot use 'local' for 'to': it is a process-runner"},
        {"[log.m]\nto = ['disk', { use = 'disk' }]", 2, 15, "cannot name 'disk' twice in 'to'"},
        {"[log.m]\nto = ['cloud']", 2, 7, "cannot do without the key 'stream': it is required"},
        {"[log.m]\nto = [{ use = 'cloud', strm = 'x', stream = 'y' }]", 2, 24,
         "cannot use the key 'strm': it is not known"},
        {"[log.m]\nevent = ''", 2, 9, "cannot use an empty pattern (for 'event')"},
        {"[log.m]\ntime = '%H:%M'", 2, 8,
         "cannot use \"%H:%M\" as a format of times: it has no day (for 'time')"},
        {"[log.m]\npath = '/var/*/a.log'", 2, 8,
         "cannot use wildcards in the folder /var/*/ (for 'path')"},
        {"[log.cmix-wrapper]\npath = '/var/*.log'", 1, 1,
         "cannot write the host's own log to /var/*.log: it is many files"},
        {"[log.m]\nmax-size = '1KiB'", 2, 12,
         "cannot use this value for 'max-size': it is out of range"},
        {"[log.m]\nkeep = '1MiB'", 2, 8, "cannot use 'keep' without 'max-size'"},
        {"[log.m]\nmax-size = '1MiB'\nkeep = '2MiB'", 3, 8, "cannot keep 2 MiB of 1 MiB"},
        {"[log.m]\nto = [{ use = 'disk', min-level = 'loud' }]", 2, 35,
         "cannot use \"loud\" for 'min-level': it is not among the choices"},
        {"[log.m]\nto = [{ use = 'disk', rate-limit = 0 }]", 2, 36,
         "cannot use this value for 'rate-limit': it is out of range"},
        {"[log.m]\nto = [{ use = 'disk', rate-limt = 1 }]", 2, 23,
         "cannot use the key 'rate-limt': it is not known"},
        {"[log.m]\nredact = ['ok', '']", 2, 17, "cannot use an empty pattern (for 'redact')"},
        {"[log.m]\ninvalid-bytes = 'drop'", 2, 17,
         "cannot use \"drop\" for 'invalid-bytes': it is not among the choices"},
    };
    return table;
}

} // namespace

TEST_CASE("what the rows build on has no fault") {
    CHECK(problems_of(base_tables()).empty());
    CHECK(problems_of(base_tables() + service("") + component("from = 'net'")).empty());
}

TEST_CASE("each fault alone is one problem, at its place, with a fix") {
    ::setenv("CMW_TEST_COMPONENT", "from-environment", 1);
    for (const auto& row : rows()) {
        CAPTURE(row.text);
        const auto problems = problems_of(base_tables() + row.text);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].where == fmt::format("f:{}:{}", base_lines + row.line, row.column));
        CHECK(problems[0].what == row.what);
        CHECK_FALSE(problems[0].fix.empty());
    }
}

TEST_CASE("a pattern that does not compile is reported with its place") {
    const auto problems = problems_of("[log.m]\nevent = '[a-'");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].where == "f:2:9");
    CHECK(problems[0].what.starts_with("cannot use \"[a-\" as a regular expression: "));
}

TEST_CASE("ten faults in a file are ten problems, in its order") {
    const auto problems = problems_of("[hosst]\n" // 1: unknown table
                                      "[host]\n"
                                      "state-dir = 5\n"            // 3: wrong type
                                      "[consensus-source.chain]\n" // 4: endpoints missing
                                      "plugin = 'substrate'\n"
                                      "[binary-source.net]\n"
                                      "plugin = 'htpp'\n" // 7: no such plugin
                                      "[service.s]\n"
                                      "runner = 'local'\n"           // 9: no such instance
                                      "command = ['s']\n"            // 10: not absolute
                                      "stop-timeout = '30'\n"        // 11: no unit
                                      "health = { failures = -1 }\n" // 12: twice wrong
                                      "[component.Server]\n"         // 13: bad name
                                      "path = '/x'\n"
                                      "approved-by = 'chian'\n" // 15: misspelt
                                      "from = 'net'\n"
                                      "mode = 'rwx'\n"); // 17: not octal
    std::vector<std::string> places;
    for (const auto& problem : problems) {
        places.push_back(problem.where);
        CHECK(problem.what.starts_with("cannot "));
        CHECK_FALSE(problem.fix.empty());
    }
    CHECK(places == std::vector<std::string>{"f:1:2", "f:3:13", "f:4:1", "f:7:10", "f:9:10",
                                             "f:10:12", "f:11:16", "f:12:10", "f:12:23", "f:13:12",
                                             "f:15:15", "f:17:8"});
}
