// SPDX-License-Identifier: Apache-2.0
#include "app/definition.hpp"

using namespace cmw;
using app::changed_services;
using Strings = std::vector<std::string>;

namespace {

config::Settings settings() {
    config::Settings settings;
    config::InstanceSettings runner;
    runner.kind = "process-runner";
    runner.name = "local";
    runner.plugin = "posix";
    settings.instances = {runner};
    config::ComponentSettings component;
    component.name = "server";
    component.path = "/opt/bin/node";
    settings.components = {component};
    for (const auto* name : {"node", "other"}) {
        config::ServiceSettings service;
        service.name = name;
        service.runner.instance = "local";
        service.command = {"/opt/bin/node", "--quiet"};
        service.components = {"server"};
        service.environment = {{"HOME", "/opt"}};
        settings.services.push_back(service);
    }
    return settings;
}

config::OptionValue text(const std::string& value, std::uint32_t line) {
    return {config::OptionType::string, value, false, {"wrapper.toml", line, 1}};
}

} // namespace

TEST_CASE("a service is defined in another way when its program would run in another way") {
    using Change = std::function<void(config::Settings&)>;
    const std::vector<std::pair<const char*, Change>> table{
        {"command", [](auto& s) { s.services[0].command.push_back("--more"); }},
        {"command split elsewhere",
         [](auto& s) { s.services[0].command = {"/opt/bin/node--quiet"}; }},
        {"environment", [](auto& s) { s.services[0].environment["HOME"] = "/"; }},
        {"directory", [](auto& s) { s.services[0].directory = "/opt"; }},
        {"output", [](auto& s) { s.services[0].output_path = "/var/log/node.log"; }},
        {"runner's use", [](auto& s) { s.services[0].runner.options = {text("cmix", 1)}; }},
        {"removed", [](auto& s) { s.services.erase(s.services.begin()); }},
    };
    for (const auto& [what, change] : table) {
        CAPTURE(what);
        auto after = settings();
        change(after);
        CHECK(changed_services(settings(), after) == Strings{"node"});
    }
}

TEST_CASE("what a running program does not notice is no other definition") {
    auto after = settings();
    after.services[0].stop_timeout = std::chrono::seconds(5);
    after.services[0].restart = config::Restart::always;
    after.services[0].position = {"wrapper.toml", 99, 1};
    after.services.push_back(after.services[0]);
    after.services.back().name = "new";
    CHECK(changed_services(settings(), after).empty());
    auto before = settings();
    before.services[0].runner.options = {text("cmix", 1)};
    after.services[0].runner.options = {text("cmix", 50)};
    CHECK(changed_services(before, after).empty());
}

TEST_CASE("the runner's own table belongs to the definition of all that it runs") {
    auto after = settings();
    after.instances[0].options = {text("other", 1)};
    CHECK(changed_services(settings(), after) == Strings{"node", "other"});
}
