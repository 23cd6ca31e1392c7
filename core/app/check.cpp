// SPDX-License-Identifier: Apache-2.0
//
// app/check.cpp - cmix-wrapper check.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/environment_check.hpp"
#include "app/network_check.hpp"
#include "app/terminal.hpp"

namespace cmw::app {

namespace {

std::string counted(std::size_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

} // namespace

int check(const Arguments& arguments) {
    const auto configuration = read_configuration(arguments);
    if (!configuration) return misconfigured(configuration.error());
    const auto& [files, catalog, loaded] = *configuration;
    report(loaded.warnings, "warning", Colour::yellow);
    report(exposed_secrets(*files.document, loaded.settings), "warning", Colour::yellow);
    auto problems = loaded.problems;
    const bool complete = problems.empty();
    for (auto& problem : environment_problems(loaded.settings, complete))
        problems.push_back(std::move(problem));
    const auto& host = loaded.settings.host;
    if (const auto slow = network_problem(host); slow && host.network_check == "refuse")
        problems.push_back(*slow);
    else if (slow)
        report({*slow}, "warning", Colour::yellow);
    if (!problems.empty()) return misconfigured(problems);
    const auto& settings = loaded.settings;
    print(fmt::format("{}: ok: {}, {}, {}, {}\n", files.path,
                      counted(settings.instances.size(), "plugin instance"),
                      counted(settings.components.size(), "component"),
                      counted(settings.services.size(), "service"),
                      counted(settings.streams.size(), "stream")));
    return ExitStatus::done;
}

} // namespace cmw::app
