// SPDX-License-Identifier: Apache-2.0
//
// What is generated from the declarations and from a configuration.
#include "config/document.hpp"
#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"

#include <regex>

using namespace cmw;
using namespace cmw::config;

namespace {

/// Accepts any plugin and any option, as the template does not know them.
const PluginSchema* any_plugin() {
    static const PluginSchema schema;
    return &schema;
}

std::string shown(const std::string& text) {
    const auto document = parse_document(text, "f.toml");
    REQUIRE(document);
    return show(**document, test::find_schema);
}

} // namespace

TEST_CASE("the template is a configuration, as it is and with every '#' taken away") {
    const auto text = default_configuration();
    const auto lookup = [](const auto&, const auto&, const auto&) { return any_plugin(); };
    for (const auto& uncommented :
         {text, std::regex_replace(text, std::regex("(^|\n)#(?! )"), "$1")}) {
        const auto document = parse_document(uncommented, "wrapper.toml");
        REQUIRE(document);
        const auto loaded = read_settings(**document, lookup, {});
        for (const auto& problem : loaded.problems) MESSAGE(to_string(problem));
        CHECK(loaded.problems.empty());
        const bool all = uncommented != text;
        CHECK(loaded.settings.services.size() == (all ? 1 : 0));
        CHECK(loaded.settings.instances.size() == (all ? 5 : 0));
    }
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 160);
}

TEST_CASE("the template's values are the defaults") {
    const auto document = parse_document("", "wrapper.toml");
    const auto host = read_host(**document);
    const auto text = default_configuration();
    CHECK(text.find("\n#state-dir = \"" + host.state_dir + "\"\n") != std::string::npos);
    CHECK(text.find("\n#keep-services-on-exit = false\n") != std::string::npos);
    CHECK(text.find("\n#health.failures = 3\n") != std::string::npos);
}

TEST_CASE("the reference has every key") {
    const auto text = reference_markdown();
    for (const auto* row :
         {"### `[host]`\n",
          "| `state-dir` | path | `\"/var/lib/cmix-wrapper\"` | Folder of the state",
          "| `from` | binary-source | required | The binary source",
          "| `components` | list of components | `[]` |",
          "| `start-when` | \"always\", \"ready\" | `\"always\"` |",
          "| `health.every` | duration | `\"10s\"` |", "| `to` | list of log-backends | none |"}) {
        CAPTURE(row);
        CHECK(text.find(row) != std::string::npos);
    }
}

TEST_CASE("what is shown holds no secret") {
    const auto text =
        shown("[log-backend.a]\nplugin = 'every-type'\ntext = 'plain'\n"
              "token = 'HUSH'\nunknown = 'HUSH'\ntls = { ca = '/ca', key = 'HUSH' }\n"
              "labels = { l = 'plain' }\n"
              "[log-backend.b]\nplugin = 'not-there'\nkey = 'HUSH'\nn = 5\n"
              "l = ['HUSH']\nt = { u = 'HUSH' }\nenv-key = { env = 'NAME' }\n"
              "[log-backend.c]\nplugin = 'every-type'\nsha256 = 'odd'\ntext = 'HUSH'\n"
              "[log-bakcend.d]\nkey = 'HUSH'\n"
              "[log.s]\nto = ['a', { use = 'a', stream = 'plain', key = 'HUSH' },\n"
              "      { use = 'b', stream = 'HUSH' }, { use = 'x', stream = 'HUSH' }]\n");
    CHECK(text.find("HUSH") == std::string::npos);
    for (const auto* line :
         {"text = \"plain\"\n", "token = \"********\"\n", "unknown = \"********\"\n",
          "tls = { ca = \"/ca\", key = \"********\" }\n", "labels = { l = \"plain\" }\n",
          "plugin = \"not-there\"\n", "t = { u = \"********\" }\n", "n = \"********\"\n",
          "env-key = { env = \"NAME\" }\n",
          "to = [\"a\", { use = \"a\", stream = \"plain\", key = \"********\" }, "}) {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
}

TEST_CASE("what is shown is a configuration again") {
    const auto text = shown("[host]\nlog-level = 'debug'\n[component.c]\npath = '/c'\n"
                            "approved-by = { use = 'x' }\n[service.s.health]\ntcp = 'a:1'\n");
    CHECK(text == "# f.toml\n\n[host]\nlog-level = \"debug\"\n\n[component.c]\npath = \"/c\"\n"
                  "approved-by = { use = \"x\" }\n\n[service.s.health]\ntcp = \"a:1\"\n");
}
