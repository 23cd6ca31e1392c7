// SPDX-License-Identifier: Apache-2.0
//
// app/service_command.cpp - cmix-wrapper start, stop and restart.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"
#include "control/status.hpp"

namespace cmw::app {

namespace {

/// "cmix: running, process 4712", as the host has it now.
std::string outcome(const control::Client& client, const std::string& service) {
    const auto answer = client.get("/v1/status");
    if (!answer) return service + ": done\n";
    const auto status = control::parse_status(*answer);
    const auto found = status ? status->services.find(service) : decltype(status->services.end()){};
    if (!status || found == status->services.end()) return service + ": done\n";
    auto text = fmt::format("{}: {}", service, supervisor::name(found->second.state));
    if (found->second.pid != 0) text += fmt::format(", process {}", found->second.pid);
    if (!found->second.reason.empty()) text += " (" + found->second.reason + ")";
    return printable(text) + "\n";
}

int order(const Arguments& arguments, const std::string& verb) {
    const auto client = client_of(arguments);
    if (!client) return client.error();
    const auto& service = arguments.words.front();
    const auto answer = client->post("/v1/services/" + escaped(service) + "/" + verb);
    if (!answer) return failure(answer.error());
    print(outcome(*client, service));
    return ExitStatus::done;
}

} // namespace

int start(const Arguments& arguments) {
    return order(arguments, "start");
}

int stop(const Arguments& arguments) {
    return order(arguments, "stop");
}

int restart(const Arguments& arguments) {
    return order(arguments, "restart");
}

} // namespace cmw::app
