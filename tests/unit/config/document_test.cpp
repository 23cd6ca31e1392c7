// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include "base/system.hpp"
#include "config/loader.hpp"
#include "config/toml_writer.hpp"
#include "support/temporary_folder.hpp"

using namespace cmw;
using namespace cmw::config;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

TEST_CASE("every value knows where it stands") {
    const auto document = parse_document("[host]\n"
                                         "  state-dir = '/x'\n"
                                         "[log.a]\n"
                                         "to = [ 'b', { use = 'c' } ]\n",
                                         "w.toml");
    REQUIRE(document);
    const auto& root = (*document)->root();
    CHECK(root.find("host")->position == Position{"w.toml", 1, 1});
    CHECK(root.find("host")->entry("state-dir")->position == Position{"w.toml", 2, 3});
    CHECK(root.find("host")->find("state-dir")->position == Position{"w.toml", 2, 15});
    const auto* to = root.find("log")->find("a")->find("to");
    CHECK(to->items.at(0).position == Position{"w.toml", 4, 8});
    CHECK(to->items.at(1).find("use")->position == Position{"w.toml", 4, 21});
    CHECK(to->items.at(1).is_inline);
    CHECK(to->items.at(1).position.to_string() == "w.toml:4:13");
}

TEST_CASE("what is not TOML is a problem with its place") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"a = \n", "f:1:5"}, {"[x]\n[x]\n", "f:2:1"},   {"a = 1\na = 2\n", "f:2:5"},
        {"[x", "f:1:3"},     {"a = \"\xff\"", "f:1:5"},
    };
    for (const auto& [text, where] : table) {
        CAPTURE(text);
        const auto document = parse_document(text, "f");
        REQUIRE_FALSE(document);
        REQUIRE(document.error().size() == 1);
        CHECK(document.error().front().where == where);
        CHECK(document.error().front().what.starts_with("cannot read this as TOML"));
    }
}

TEST_CASE("tables are nested so deep and no deeper") {
    const auto header = [](int depth) {
        std::string text = "[a";
        for (int i = 1; i < depth; ++i) text += ".a";
        return text + "]\n";
    };
    CHECK(parse_document(header(31), "f"));
    const auto document = parse_document(header(5000), "f");
    REQUIRE_FALSE(document);
    CHECK(document.error().front().what == "cannot use tables nested over 32 deep");
    CHECK(document.error().front().where.starts_with("f:1:"));
}

TEST_CASE("later files add tables and replace single keys") {
    const TemporaryFolder folder;
    const auto path = folder / "wrapper.toml";
    write_text(path, "[host]\nstate-dir = '/a'\nlog-level = 'info'\n"
                     "[component.x]\nfrom = { use = 'm', path = '/p' }\n"
                     "[service.s]\nhealth = { exec = ['/t'], every = '1s' }\n");
    write_text(path + ".d/20.toml", "[host]\nlog-level = 'error'\n");
    write_text(path + ".d/10.toml", "[host]\nlog-level = 'warn'\n[log.l]\npath = '/l'\n"
                                    "[component.x]\nfrom = { use = 'n' }\n"
                                    "[service.s]\nhealth.every = '2s'\n");
    write_text(path + ".d/.30.toml", "not read");
    write_text(path + ".d/40.toml~", "not read");
    const auto document = read_document(path);
    REQUIRE(document);
    const auto& root = (*document)->root();
    CHECK(root.find("host")->find("state-dir")->text == "/a");
    CHECK(root.find("host")->find("log-level")->text == "error");
    CHECK(root.find("host")->find("log-level")->position == Position{path + ".d/20.toml", 2, 13});
    CHECK(root.find("log")->find("l")->find("path")->text == "/l");
    CHECK(to_toml(*root.find("component")->find("x")->find("from")) == R"({ use = "n" })");
    CHECK(to_toml(*root.find("service")->find("s")->find("health")) ==
          R"({ exec = ["/t"], every = "2s" })");
    CHECK((*document)->files() ==
          std::vector<std::string>{path, path + ".d/10.toml", path + ".d/20.toml"});
    CHECK((*document)->before({path + ".d/10.toml", 9, 9}, {path + ".d/20.toml", 1, 1}));
    CHECK((*document)->before({path, 9, 9}, {path + ".d/10.toml", 1, 1}));
}

TEST_CASE("every file that cannot be read is reported") {
    const TemporaryFolder folder;
    const auto path = folder / "wrapper.toml";
    write_text(path + ".d/10.toml", "[");
    write_text(path + ".d/20.toml", "a = ");
    const auto document = read_document(path);
    REQUIRE_FALSE(document);
    REQUIRE(document.error().size() == 3);
    CHECK(to_string(document.error()[0]) ==
          path + ": cannot read the configuration: No such file or directory");
    CHECK(document.error()[1].where.starts_with(path + ".d/10.toml:1:"));
    CHECK(document.error()[2].where.starts_with(path + ".d/20.toml:1:"));
}

TEST_CASE("a folder of layers that cannot be listed is reported") {
    const TemporaryFolder folder;
    const auto path = folder / "wrapper.toml";
    write_text(path, "");
    base::sys::set_fault_plan([](base::sys::Call call, std::string_view) {
        return call == base::sys::Call::list ? EACCES : 0;
    });
    const auto document = read_document(path);
    base::sys::set_fault_plan({});
    REQUIRE_FALSE(document);
    CHECK(to_string(document.error().front()) ==
          path + ".d: cannot read the folder: Permission denied");
}

TEST_CASE("relative paths start at the folder of the file they stand in") {
    const Document document({}, {"/etc/w/wrapper.toml", "/etc/w/wrapper.toml.d/1.toml"});
    CHECK(document.resolve("x/../y", {"/etc/w/wrapper.toml", 1, 1}) == "/etc/w/y");
    CHECK(document.resolve("y", {"/etc/w/wrapper.toml.d/1.toml", 1, 1}) ==
          "/etc/w/wrapper.toml.d/y");
    CHECK(document.resolve("/z", {"/etc/w/wrapper.toml", 1, 1}) == "/z");
    CHECK(document.resolve("y", {}) == "/etc/w/y");
}

TEST_CASE("what is written as TOML is read back the same") {
    const std::string text = "a = \"q\\\"\\\\\\n\\t\\u0007\\u007F é\"\n"
                             "b = [1, -2, 2.0, 1e+300, inf, true, 1979-05-27]\n"
                             "\"odd key\" = {}\n"
                             "\n[t]\nc = { d = { e = \"x\" }, f = [] }\n"
                             "\n[t.\"u.v\"]\ng = false\n"
                             "\n[empty]\n";
    const auto document = parse_document(text, "f");
    REQUIRE(document);
    CHECK(write_document((*document)->root()) == text);
}
