// SPDX-License-Identifier: Apache-2.0
//
// app/component_command.cpp - cmix-wrapper pin, unpin, hold, release, rollback and approve.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"
#include "base/digest.hpp"
#include "control/status.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <filesystem>

namespace cmw::app {

namespace {

/// What the host said the order means.
std::string text_in(const std::string& answer) try {
    const auto parsed = Poco::JSON::Parser().parse(answer).extract<Poco::JSON::Object::Ptr>();
    return printable(parsed->optValue<std::string>("text", "done")) + "\n";
} catch (const Poco::Exception&) {
    return "done\n";
}

/// "server: staged, 0123456789ab is installed (why)": what has come of it by now.
std::string outcome(const control::Client& client, const std::string& component) {
    const auto answer = client.get("/v1/status");
    const auto status = answer ? control::parse_status(*answer) : control::Status{};
    if (!status || !status->components.contains(component)) return {};
    const auto& now = status->components.at(component);
    auto text = fmt::format("{}: {}", component, now.state);
    if (!now.installed.empty())
        text += fmt::format(", {} is installed", now.installed.substr(0, 12));
    if (!now.reason.empty()) text += fmt::format(" ({})", now.reason);
    return printable(text) + "\n";
}

int order(const Arguments& arguments, const std::string& verb, const std::string& query = {}) {
    const auto client = client_of(arguments);
    if (!client) return client.error();
    const auto& component = arguments.words.front();
    const auto answer = client->post("/v1/components/" + escaped(component) + "/" + verb + query);
    if (!answer) return failure(answer.error());
    print(text_in(*answer) + outcome(*client, component));
    return ExitStatus::done;
}

} // namespace

int pin(const Arguments& arguments) {
    if (arguments.has("digest") == arguments.has("file"))
        return misused({"", "cannot tell what to pin: give either --digest or --file",
                        "see 'cmix-wrapper pin --help'"});
    if (arguments.has("digest"))
        return order(arguments, "pin", "?digest=" + escaped(arguments.value("digest")));
    std::error_code error;
    const auto path = std::filesystem::absolute(arguments.value("file"), error).lexically_normal();
    if (error || arguments.value("file").empty())
        return misused({arguments.value("file"), "cannot find out the whole path of the file",
                        "give it from the root: /home/op/node"});
    return order(arguments, "pin", "?file=" + escaped(path.string()));
}

int unpin(const Arguments& arguments) {
    return order(arguments, "unpin");
}

int hold(const Arguments& arguments) {
    return order(arguments, "hold");
}

int release(const Arguments& arguments) {
    return order(arguments, "release");
}

int rollback(const Arguments& arguments) {
    if (!arguments.has("to")) return order(arguments, "rollback");
    return order(arguments, "rollback", "?to=" + escaped(arguments.value("to")));
}

int approve(const Arguments& arguments) {
    return order(arguments, "approve");
}

} // namespace cmw::app
