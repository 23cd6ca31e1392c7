// SPDX-License-Identifier: Apache-2.0
#include "app/environment_check.hpp"

#include "base/system.hpp"
#include "config/loader.hpp"
#include "support/temporary_folder.hpp"

using namespace cmw;
using namespace cmw::app;
namespace sys = cmw::base::sys;

namespace {

config::Settings good_settings(const test::TemporaryFolder& folder) {
    config::Settings settings;
    settings.host.state_dir = folder / "state/deep";
    settings.host.runtime_dir = folder / "run";
    settings.components.push_back({.name = "server", .path = folder / "bin/server"});
    config::ServiceSettings service;
    service.name = "cmix";
    service.command = {folder / "bin/server"}; // Comes with the component.
    service.output_path = folder / "log/cmix.log";
    service.error_path = "/dev/null";
    service.health.emplace().exec = {"/bin/sh"};
    settings.services.push_back(service);
    return settings;
}

std::string all(const base::Problems& problems) {
    std::string text;
    for (const auto& problem : problems) text += to_string(problem) + "\n";
    return text;
}

} // namespace

TEST_CASE("a machine on which everything can be made passes, untouched") {
    test::TemporaryFolder folder;
    CHECK(all(environment_problems(good_settings(folder), true)) == "");
    CHECK(sys::list(folder.path())->empty());
}

TEST_CASE("folders that cannot be used and programs that cannot be run are told with their place") {
    test::TemporaryFolder folder;
    test::write_text(folder / "file", "");
    auto settings = good_settings(folder);
    settings.host.state_dir = folder / "file/state";
    settings.host.runtime_dir = folder / "file";
    settings.components[0].path = folder / "file/deep/server";
    settings.components[0].position = {"w.toml", 7, 1};
    auto& service = settings.services[0];
    service.command = {folder / "none"};
    service.directory = folder / "nowhere";
    service.output_path = folder / "file/cmix.log";
    service.health->exec = {folder / "file"};
    const auto text = all(environment_problems(settings, true));
    for (const auto* part : {"file/state as state-dir", "file as runtime-dir: it is no folder",
                             "w.toml:7:1: cannot use", "as the folder of the component",
                             "none: cannot look at it", "nowhere: it is no folder",
                             "the folder of the output", "file: this user may not execute it"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part, "\n", text);
    const auto incomplete = all(environment_problems(settings, false));
    CHECK(incomplete.find("cannot run") == std::string::npos);
    CHECK(incomplete.find("state-dir") != std::string::npos);
}

TEST_CASE("a folder that this user may not write to is a problem") {
    test::TemporaryFolder folder;
    sys::set_fault_plan([&](sys::Call call, std::string_view path) {
        return call == sys::Call::stat && path == folder / "bin" ? EACCES : 0;
    });
    const auto text = all(environment_problems(good_settings(folder), true));
    sys::set_fault_plan({});
    CHECK(text.find("Permission denied") != std::string::npos);
}

TEST_CASE("secrets in a file that everybody may read are warned of") {
    test::TemporaryFolder folder;
    const auto path = folder / "wrapper.toml";
    test::write_text(path, "[log-backend.cloud]\nkey = \"hush\"\nother = { env = \"X\" }\n");
    const auto document = config::read_document(path);
    REQUIRE(document);
    config::Settings settings;
    config::InstanceSettings instance;
    const auto secret = [&](std::uint32_t line) {
        const auto& entry = (*document)->root().entries[0].value.entries[0].value.entries[line - 2];
        return config::OptionValue{config::OptionType::secret, std::string("hush"), true,
                                   entry.value.position};
    };
    instance.options = {secret(2), secret(3)};
    settings.instances = {instance};
    REQUIRE(sys::chmod(path, 0644));
    const auto exposed = exposed_secrets(**document, settings);
    REQUIRE(exposed.size() == 1);
    CHECK(exposed[0].where.find("wrapper.toml:2:") != std::string::npos);
    CHECK(all(exposed).find("hush") == std::string::npos);
    REQUIRE(sys::chmod(path, 0640));
    CHECK(exposed_secrets(**document, settings).empty());
}
