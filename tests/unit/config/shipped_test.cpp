// SPDX-License-Identifier: Apache-2.0
//
// Every shipped configuration loads without a problem.
#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"

#include "unit/config/source_root.hpp"

using namespace cmw;
using namespace cmw::config;

namespace {

Settings load(const std::string& name) {
    const auto document = read_document(std::string(CMW_SOURCE_ROOT) + "/config/" + name);
    if (!document) FAIL(to_string(document.error().front()));
    auto loaded = read_settings(**document, test::find_schema, {});
    for (const auto& problem : loaded.problems) MESSAGE(to_string(problem));
    CHECK(loaded.problems.empty());
    CHECK(loaded.warnings.empty());
    return loaded.settings;
}

} // namespace

TEST_CASE("every shipped configuration loads") {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(CMW_SOURCE_ROOT) + "/config")) {
        if (entry.path().extension() != ".toml") continue;
        const auto name = entry.path().filename().string();
        CAPTURE(name);
        CHECK_FALSE(load(name).services.empty());
        ++count;
    }
    CHECK(count >= 2);
}

TEST_CASE("node.toml runs a cMix node with its libraries") {
    const auto settings = load("node.toml");
    CHECK(settings.service("cmix")->components ==
          std::vector<std::string>{"server", "libpow", "fatbin"});
    CHECK(settings.service("cmix")->start_when == StartWhen::ready);
    CHECK(settings.service("cmix")->error_path == settings.stream("cmix")->path);
    CHECK(settings.component("libpow")->field == "libpow");
    CHECK(settings.stream(own_stream) != nullptr);
}

TEST_CASE("custom-binary.toml runs what the operator approves, from a file of his own") {
    const auto settings = load("custom-binary.toml");
    REQUIRE(settings.components.size() == 1);
    const auto& from = settings.components.front().from;
    CHECK(std::holds_alternative<std::string>(from.options.at(0).value));
    CHECK(settings.instance(settings.components.front().approved_by.front().instance)->plugin ==
          "override-file");
}

TEST_CASE("cosmos.toml runs a node of a Cosmos SDK chain") {
    const auto settings = load("cosmos.toml");
    REQUIRE(settings.components.size() == 1);
    CHECK(settings.component("node")->field == "node");
    CHECK(settings.instance(settings.components.front().approved_by.front().instance)->plugin ==
          "cosmos");
}
