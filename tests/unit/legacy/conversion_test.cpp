// SPDX-License-Identifier: Apache-2.0
#include "legacy/conversion.hpp"

#include "support/plugin_schemas.hpp"
#include "support/temporary_folder.hpp"
#include "unit/config/source_root.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::legacy;

namespace {

using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

Unit unit_of(const std::string& text, const std::string& name) {
    auto unit = parse_unit(text, name);
    if (!unit) FAIL(base::to_string(unit.error().front()));
    return *unit;
}

Conversion converted(const Unit& unit, const std::string& source,
                     const std::string& secrets = "/etc/cmix-wrapper/secrets") {
    const auto flags = parse_flags(without_program(unit.command));
    if (!flags) FAIL(base::to_string(flags.error().front()));
    auto conversion = convert(*flags, {source, unit, secrets, "", ""});
    if (!conversion) FAIL(base::to_string(conversion.error().front()));
    return *conversion;
}

/// Of these flags and the two that every command has.
Conversion converted(Words words) {
    words.insert(words.begin(),
                 {"/opt/w.py", "--binary-path", "/b/bin", "--config-path", "/c.yaml"});
    Unit unit;
    unit.command = words;
    return converted(unit, "flags");
}

Conversion published(const std::string& name) {
    const auto text = test::read_text(CMW_SOURCE_ROOT "/tests/unit/legacy/units/" + name);
    REQUIRE_FALSE(text.empty());
    return converted(unit_of(text, name), name);
}

std::string told(const Conversion& conversion) {
    std::string text;
    for (const auto& notice : conversion.notices) text += notice + "\n";
    return text;
}

/// As the host would read it; the secrets' files must be there.
config::Settings loaded(const std::string& toml) {
    const auto document = config::parse_document(toml, "/converted.toml");
    if (!document) {
        MESSAGE(toml);
        FAIL(base::to_string(document.error().front()));
    }
    auto read = config::read_settings(**document, test::find_schema, {});
    for (const auto& problem : read.problems) MESSAGE(base::to_string(problem));
    CHECK(read.problems.empty());
    CHECK(read.warnings.empty());
    return read.settings;
}

const std::string& option(const config::InstanceSettings* table, const std::string& name) {
    REQUIRE(table != nullptr);
    const auto schema = test::find_schema(table->kind, table->plugin, {});
    REQUIRE(schema);
    for (std::size_t i = 0; i < (*schema)->options.size(); ++i)
        if ((*schema)->options[i].name == name)
            return std::get<std::string>(table->options.at(i).value);
    FAIL("no option " << name);
    return name;
}

} // namespace

TEST_CASE("the shipped configurations are what the published unit files are converted to") {
    for (const auto& [unit, file] : {std::pair{"xxnetwork-node.service", "node.toml"},
                                     std::pair{"xxnetwork-gateway.service", "gateway.toml"}}) {
        CAPTURE(file);
        const auto shipped = test::read_text(std::string(CMW_SOURCE_ROOT "/config/") + file);
        const auto made = published(unit).toml;
        CHECK_MESSAGE(shipped == "# SPDX-License-Identifier: Apache-2.0\n" + made, made);
    }
}

TEST_CASE("the published unit file of a node keeps its meaning") {
    const auto conversion = published("xxnetwork-node.service");
    const auto settings = loaded(conversion.toml);
    const auto* service = settings.service("cmix");
    REQUIRE(service != nullptr);
    CHECK(service->command == Words{"/opt/xxnetwork/bin/xxnetwork-cmix", "--config",
                                    "/opt/xxnetwork/config/cmix.yaml"});
    CHECK(service->start_when == config::StartWhen::ready);
    CHECK(service->user == "ubuntu");
    CHECK(service->error_path == "/opt/xxnetwork/log/cmix.log");
    CHECK(service->output_path.empty());
    CHECK(service->components == Words{"server", "libpow", "fatbin"});
    CHECK(settings.component("server")->path == "/opt/xxnetwork/bin/xxnetwork-cmix");
    CHECK(settings.component("libpow")->path == "/opt/xxnetwork/lib/libpowmosm75.so");
    CHECK(settings.component("fatbin")->path == "/opt/xxnetwork/lib/libpow.fatbin");
    CHECK(settings.identity.file == "/opt/xxnetwork/cred/cmix-IDF.json");
    CHECK(option(settings.instance("network"), "bucket") == "elixxir-bins");
    CHECK(option(settings.instance("management"), "key") == "server/command.jsonl");
    CHECK(settings.instance("management")->orders.certificate ==
          "/opt/xxnetwork/cred/network-management.crt");
    CHECK(option(settings.instance("cloud"), "group") == "xxnetwork-logs-prod");
    CHECK(settings.stream("chain")->path == "/opt/xxnetwork/log/chain.log");
    CHECK(settings.stream("cmix-wrapper")->path == "/opt/xxnetwork/log/cmix-wrapper.log");
    CHECK(has(conversion.toml, R"(stream = "{id}-cmix.log")"));
    CHECK(has(conversion.toml, R"(group = "xxnetwork-consensus-prod", stream = "{id}-chain.log")"));
    CHECK(has(conversion.toml, R"(endpoints = ["ws://localhost:30334"])"));
    CHECK(conversion.secrets.empty());
    CHECK(has(told(conversion), "--s3-secret: it was not filled in"));
}

TEST_CASE("the published unit file of a gateway keeps its meaning") {
    const auto conversion = published("xxnetwork-gateway.service");
    const auto settings = loaded(conversion.toml);
    const auto* service = settings.service("gateway");
    REQUIRE(service != nullptr);
    CHECK(service->start_when == config::StartWhen::always);
    CHECK(service->components == Words{"gateway"});
    CHECK(settings.components.size() == 1);
    CHECK(settings.component("gateway")->field == "gateway");
    CHECK(option(settings.instance("management"), "key") == "gateway/command.jsonl");
    CHECK(settings.stream("chain") == nullptr);
    CHECK(has(told(conversion), "--consensus-log: not used by a gateway"));
}

TEST_CASE("flaw 8: a gateway's unit never names the error file, and its default is in no folder of "
          "ours") {
    const auto conversion = published("xxnetwork-gateway.service");
    CHECK_FALSE(has(conversion.toml, "\nrecovered-error-file"));
    CHECK(has(told(conversion), "--err-path: it was not given, and its default, "
                                "/opt/xxnetwork/logs/cmix-err.log, is in a folder that no other"));
    const auto node = published("xxnetwork-node.service");
    CHECK(has(node.toml, R"(recovered-error-file = "/opt/xxnetwork/log/cmix-err.log")"));
    CHECK_FALSE(has(told(node), "--err-path"));
}

TEST_CASE("every flag is either in a setting or named with the reason") {
    for (const Words& mode : {Words{},
                              {"--gateway"},
                              {"--disable-consensus"},
                              {"--disable-cloudwatch"},
                              {"--gateway", "--disable-consensus", "--disable-cloudwatch"},
                              {"--verbose"}}) {
        Words words = mode;
        for (const auto& flag : flags())
            if (flag.kind != FlagKind::toggle && !flag.required)
                words.insert(words.end(), {std::string(flag.name), "/v" + std::string(flag.name)});
        const auto conversion = converted(words);
        CAPTURE(conversion.toml);
        for (const auto& flag : flags()) {
            const auto at = conversion.toml.find(std::string(flag.name) + " ");
            const bool named = at != std::string::npos ||
                               has(conversion.toml, std::string(flag.name) + "\n") ||
                               has(conversion.toml, std::string(flag.name) + ":") ||
                               has(conversion.toml, std::string(flag.name) + ",");
            CHECK_MESSAGE(named, flag.name);
        }
        std::size_t values = 0;
        for (const auto& flag : flags())
            if (flag.kind == FlagKind::path || flag.kind == FlagKind::text)
                values += has(conversion.toml, "/v" + std::string(flag.name)) ? 1 : 0;
        CHECK(values >= 17);
    }
}

TEST_CASE("secrets go into files and nowhere else") {
    const test::TemporaryFolder folder;
    const auto unit =
        unit_of("[Service]\nUser=ubuntu\n"
                "Environment=AWS_SECRET_ACCESS_KEY=AWSONE SOME_TOKEN=TOKENVALUE LANG=C\n"
                "ExecStart=/w --s3-access-key KEYVALUE --s3-secret=SECRETVALUE "
                "--binary-path /b --config-path /c\n",
                "a.service");
    const auto conversion = converted(unit, "a.service", folder.path());
    REQUIRE(conversion.secrets.size() == 3);
    for (const auto& secret : conversion.secrets) {
        test::write_text(folder / secret.name, secret.value);
        std::filesystem::permissions(folder / secret.name, std::filesystem::perms(0600));
    }
    for (const auto* value : {"KEYVALUE", "SECRETVALUE", "TOKENVALUE", "AWSONE"}) {
        CHECK_FALSE(has(conversion.toml, value));
        CHECK_FALSE(has(told(conversion), value));
    }
    const auto settings = loaded(conversion.toml);
    for (const auto* name : {"network", "management", "cloud"}) {
        CHECK(option(settings.instance(name), "access-key-id") == "KEYVALUE");
        CHECK(option(settings.instance(name), "secret-access-key") == "SECRETVALUE");
    }
    CHECK(settings.service("cmix")->environment ==
          std::map<std::string, std::string>{{"LANG", "C"}, {"SOME_TOKEN", "TOKENVALUE"}});
    CHECK(has(told(conversion), "Environment=AWS_SECRET_ACCESS_KEY: it was for the wrapper"));
}

TEST_CASE("a secret from the environment stays there") {
    const auto unit =
        unit_of("[Service]\nEnvironmentFile=/etc/keys\nExecStart=/w --s3-access-key ${KEY} "
                "--s3-secret $SECRET --binary-path /b --config-path /c\n",
                "a.service");
    const auto conversion = converted(unit, "a.service");
    CHECK(has(conversion.toml, R"(access-key-id     = { env = "KEY" })"));
    CHECK(has(conversion.toml, R"(secret-access-key = { env = "SECRET" })"));
    CHECK(has(told(conversion), "EnvironmentFile=/etc/keys: "));
}

TEST_CASE("with consensus off the second file of orders approves versions") {
    const auto conversion = converted(Words{"--disable-consensus", "--hash-path", "/h"});
    const auto settings = loaded(conversion.toml);
    CHECK(settings.components.size() == 4);
    CHECK(settings.component("server")->approved_by.front().instance == "versions");
    CHECK(settings.component("server")->field == "binary");
    CHECK(settings.component("cert")->path == "/opt/xxnetwork/cred/network-management.crt");
    CHECK(option(settings.instance("network"), "bucket") == "elixxir-management-mainnet");
    CHECK(settings.service("cmix")->start_when == config::StartWhen::always);
    CHECK(option(settings.instance("versions"), "key") == "server/version.jsonl");
    CHECK(settings.instance("versions")->orders.from_beginning);
    CHECK(settings.instance("chain") == nullptr);
    CHECK(has(told(conversion), "--disable-consensus: "));
    CHECK(has(told(conversion), "--hash-path: not used"));
}

TEST_CASE("the override file approves instead of the chain") {
    const auto conversion = converted(Words{"--hash-path", "/etc/hashes"});
    const auto settings = loaded(conversion.toml);
    CHECK(settings.component("server")->approved_by.front().instance == "override");
    CHECK(option(settings.instance("override"), "path") == "/etc/hashes");
    CHECK(has(told(conversion), "cmix-wrapper pin"));
}

TEST_CASE("without CloudWatch logs are kept, and go nowhere") {
    const auto conversion = converted(Words{"--disable-cloudwatch", "--verbose"});
    const auto settings = loaded(conversion.toml);
    CHECK(settings.instance("cloud") == nullptr);
    CHECK(settings.stream("cmix")->to.empty());
    CHECK(settings.stream("chain") == nullptr);
    CHECK(settings.host.log_level == "debug");
}

TEST_CASE("what the unit file says besides is carried over or told") {
    const auto unit = unit_of("[Unit]\nRequires=chain.service\n[Service]\nUser=node\nGroup=nodes\n"
                              "WorkingDirectory=/srv\nLimitNOFILE=4096\nNice=5\n"
                              "ExecStart=/w --binary-path bin/x --config-path c.yaml\n",
                              "a.service");
    const auto conversion = converted(unit, "a.service");
    const auto settings = loaded(conversion.toml);
    const auto* service = settings.service("cmix");
    CHECK(service->user == "node");
    CHECK(service->group == "nodes");
    CHECK(service->directory == "/srv");
    CHECK(service->command == Words{"/srv/bin/x", "--config", "/srv/c.yaml"});
    CHECK(has(conversion.toml, R"(limits = { nofile = "4096" })"));
    CHECK(has(told(conversion), "Requires=chain.service: of the old unit"));
    CHECK(has(told(conversion), "Nice=5: of the old unit"));
}

TEST_CASE("each line of a setting knows its flag") {
    const auto conversion = published("xxnetwork-node.service");
    std::size_t number = 0;
    std::size_t known = 0;
    for (std::size_t at = 0; at < conversion.toml.size();) {
        const auto end = conversion.toml.find('\n', at);
        const auto line = conversion.toml.substr(at, end - at);
        at = end + 1;
        const auto origin = conversion.origins.find(static_cast<std::uint32_t>(++number));
        if (origin == conversion.origins.end()) continue;
        ++known;
        if (line.starts_with('[')) continue; // A table: the flags of all its lines.
        CHECK_MESSAGE(has(line, "# " + origin->second), line);
    }
    CHECK(known == conversion.origins.size());
    CHECK(known > 20);
}

TEST_CASE("what no setting can hold is a problem of its flag") {
    const auto flags =
        parse_flags({"--binary-path", "/b/", "--config-path", "/c", "--log-path", "/l/*.log"});
    REQUIRE(flags);
    const auto conversion = convert(*flags, {"flags", {}, "/s", "", ""});
    REQUIRE_FALSE(conversion);
    REQUIRE(conversion.error().size() == 2);
    CHECK(conversion.error()[0].where == "--binary-path");
    CHECK(conversion.error()[1].where == "--log-path");
}

TEST_CASE("no value of a flag or unit can end its line or its quotes") {
    const auto unit =
        unit_of("[Service]\nUser=a\"b\nEnvironment='X=\\n[host]\\n' \"Y\\\"=1\"\nNice=\\x01 \x07\n"
                "ExecStart=/w --binary-path '/b\\n[x]\"' --config-path /c\\x07 "
                "--tmp-dir '/t\\n[host]' --consensus-url 'ws://\"]'\n",
                "a.service");
    const auto settings = loaded(converted(unit, "a\nb.service").toml);
    CHECK(settings.service("cmix")->command.front() == "/b\n[x]\"");
    CHECK(settings.service("cmix")->environment.at("X") == "\n[host]\n");
    CHECK(settings.service("cmix")->user == "a\"b");
}
