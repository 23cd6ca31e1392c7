// SPDX-License-Identifier: Apache-2.0
#include "legacy/unit_file.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::legacy;

namespace {

using Words = std::vector<std::string>;

Unit good(const std::string& text) {
    auto unit = parse_unit(text, "a.service");
    if (!unit) FAIL(base::to_string(unit.error().front()));
    return *unit;
}

std::string bad(const std::string& text) {
    const auto unit = parse_unit(text, "a.service");
    std::string problems;
    if (!unit)
        for (const auto& problem : unit.error()) problems += base::to_string(problem) + "\n";
    return problems;
}

Words command(const std::string& line, const std::string& more = {}) {
    return good("[Service]\n" + more + "ExecStart=" + line + "\n").command;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("lines, continuations and comments are those of systemd") {
    const auto unit = good("# a comment\n"
                           "; another\n"
                           "[Unit]\n"
                           "Description = of no interest\n"
                           "Requires=chain.service\n"
                           "[Service]\n"
                           "User = ubuntu \n"
                           "Group=nodes\r\n"
                           "WorkingDirectory=-/opt/xxnetwork\n"
                           "ExecStart=/opt/w.py \\\n"
                           "# between\n"
                           "  --a 1\\\n"
                           "; between, too\n"
                           "--b=2 \\\n"
                           "\n"
                           "Nice=5\n"
                           "LimitNOFILE=1024:65536\n"
                           "LimitCORE=infinity\n"
                           "LimitRTTIME=5\n"
                           "LimitAS=8G\n"
                           "EnvironmentFile=-/etc/default/w");
    CHECK(unit.command == Words{"/opt/w.py", "--a", "1", "--b=2"});
    CHECK(unit.user == "ubuntu");
    CHECK(unit.group == "nodes");
    CHECK(unit.directory == "/opt/xxnetwork");
    CHECK(unit.limits ==
          std::map<std::string, std::string>{{"nofile", "65536"}, {"core", "infinity"}});
    CHECK(unit.environment_files == Words{"-/etc/default/w"});
    std::string others;
    for (const auto& setting : unit.others) others += setting.name + "=" + setting.value + ";";
    CHECK(others ==
          "Unit.Requires=chain.service;Service.Nice=5;Service.LimitRTTIME=5;Service.LimitAS=8G;");
}

TEST_CASE("words of a command") {
    struct Case {
        std::string line;
        Words words;
    };
    for (const auto& [line, words] :
         {Case{"/w a  b\tc", {"/w", "a", "b", "c"}}, Case{"/w 'a b' \"c d\"", {"/w", "a b", "c d"}},
          Case{"/w --a='b c'd", {"/w", "--a=b cd"}}, Case{"/w ''", {"/w", ""}},
          Case{R"(/w a\x20b \s \t\n \\ \" \' '\'')",
               {"/w", "a b", " ", "\t\n", "\\", "\"", "'", "'"}},
          Case{R"(/w \101\x41 \u00e9 \U0001F600)", {"/w", "AA", "\u00e9", "\U0001F600"}},
          Case{"/w 100%% a%%b", {"/w", "100%", "a%b"}}, Case{"-/w a", {"/w", "a"}},
          Case{"@/w name a", {"/w", "a"}}, Case{"!!/w a", {"/w", "a"}},
          Case{"+-/w a", {"/w", "a"}}}) {
        CAPTURE(line);
        CHECK(command(line) == words);
    }
    for (const auto* line : {R"(/w \q)", R"(/w \x4)", R"(/w \xzz)", R"(/w \u00)", R"(/w \000)",
                             R"(/w \Uffffffff)", R"(/w \ud800)", R"(/w \777)"}) {
        CAPTURE(line);
        CHECK(has(bad("[Service]\nExecStart=" + std::string(line)),
                  "a.service:2: cannot understand an escape"));
    }
    CHECK(has(bad("[Service]\nExecStart=/w 'a"), "cannot find the end of a quoted text"));
}

TEST_CASE("variables stand for what Environment= says") {
    const std::string environment =
        "Environment=A=1 'B=two words' \"C=a b\" E=\nEnvironment=D=$A\n";
    struct Case {
        std::string line;
        Words words;
    };
    for (const auto& [line, words] :
         {Case{"/w ${A} x${A}y", {"/w", "1", "x1y"}}, Case{"/w ${B}", {"/w", "two words"}},
          Case{"/w $B", {"/w", "two", "words"}}, Case{"/w $E ${E}", {"/w", ""}},
          Case{"/w x$A", {"/w", "x$A"}}, Case{"/w $$A $$", {"/w", "$A", "$"}},
          Case{"/w ${NONE} $NONE", {"/w", "${NONE}", "${NONE}"}}, Case{":/w ${A}", {"/w", "${A}"}},
          Case{"/w $ ${ ${} $1 ${A", {"/w", "$", "${", "${}", "$1", "${A"}}}) {
        CAPTURE(line);
        CHECK(command(line, environment) == words);
    }
    CHECK(good("[Service]\n" + environment + "Environment=\nEnvironment=F=5\nExecStart=/w")
              .environment == Environment{{"F", "5"}});
    CHECK(has(bad("[Service]\nEnvironment=5\nExecStart=/w"),
              "a.service:2: cannot understand a variable"));
}

TEST_CASE("what only systemd knows is said, all of it at once") {
    const auto problems = bad("[Service]\nUser=%i\nEnvironment=A=%h\nExecStart=/w --id %n\n");
    CHECK(has(problems, "a.service:2: cannot tell what %i stands for"));
    CHECK(has(problems, "a.service:3: cannot tell what %h stands for"));
    CHECK(has(problems, "a.service:4: cannot tell what %n stands for"));
}

TEST_CASE("a shell between systemd and the wrapper is looked through") {
    const auto unit =
        good("[Service]\nEnvironment=KEY=k\n"
             "ExecStart=/bin/bash -c 'exec /opt/w.py --a ${KEY} --b \"x > y\" --c ${NO} "
             ">> /var/log/w.log 2>&1'\n");
    CHECK(unit.command == Words{"/opt/w.py", "--a", "k", "--b", "x > y", "--c", "${NO}"});
    CHECK(unit.cut == ">> /var/log/w.log 2>&1");
    CHECK(good("[Service]\nExecStart=/bin/sh -c '/w --a 2>/dev/null | cat'").command ==
          Words{"/w", "--a"});
}

TEST_CASE("a drop-in that replaces the command counts, two commands do not") {
    CHECK(
        good("[Service]\nExecStart=/a\n# /etc/systemd/system/a.service.d/override.conf\n[Service]\n"
             "ExecStart=\nExecStart=/b --x\n")
            .command == Words{"/b", "--x"});
    CHECK(has(bad("[Service]\nExecStart=/a\nExecStart=/b\n"),
              "a.service:3: cannot tell which of several"));
}

TEST_CASE("what is no unit file is refused in a few lines") {
    CHECK(has(bad(""), "a.service: cannot find ExecStart="));
    CHECK(has(bad("[Unit]\nExecStart=/w\n"), "cannot find ExecStart= under [Service]"));
    CHECK(has(bad("[Service]\nWorkingDirectory=~\nExecStart=/w\n"),
              "a.service:2: cannot use this as a folder"));
    std::string junk;
    for (int i = 0; i < 1000; ++i) junk += "junk\n";
    const auto problems = bad(junk);
    CHECK(has(problems, "a.service:1: cannot understand this line"));
    CHECK(problems.size() < 2000);
}
