// SPDX-License-Identifier: Apache-2.0
//
// app/logs.cpp - cmix-wrapper logs: reads the file itself, so it needs no host.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/line_count.hpp"
#include "app/tail.hpp"
#include "app/terminal.hpp"
#include "base/text.hpp"

namespace cmw::app {

namespace {

/// The file of a stream, or of a service's output that no stream follows; "" if there is none.
std::string path_of(const config::Settings& settings, const std::string& name) {
    if (const auto* stream = settings.stream(name)) return stream->path;
    if (const auto* service = settings.service(name)) return service->output_path;
    return {};
}

base::Problem unknown(const config::Settings& settings, const std::string& name) {
    std::vector<std::string> known;
    for (const auto& stream : settings.streams) known.push_back(stream.name);
    for (const auto& service : settings.services) known.push_back(service.name);
    const auto near = base::nearest(name, known);
    return {"", "cannot find a stream '" + name + "'",
            near.empty() ? "see the [log.NAME] tables of 'cmix-wrapper config show'"
                         : "did you mean '" + near + "'?"};
}

int show(const std::string& path, std::size_t count, bool follow) {
    Tail tail(path, [](std::string_view text) { print(text); });
    if (const auto shown = tail.last_lines(count, follow); !shown) return failure(shown.error());
    if (!follow) return ExitStatus::done;
    const auto loop = base::EventLoop::create();
    if (!loop) return failure(loop.error());
    if (const auto follows = tail.follow(**loop); !follows) return failure(follows.error());
    (*loop)->run(); // Until a signal ends the program.
    return ExitStatus::done;
}

} // namespace

int logs(const Arguments& arguments) {
    const auto count = line_count(arguments, 10);
    if (!count) return misused(count.error());
    const auto configuration = read_configuration(arguments);
    if (!configuration) return misconfigured(configuration.error());
    const auto& loaded = configuration->loaded;
    // A mistake elsewhere in the configuration is no reason to hide a log.
    const auto path = path_of(loaded.settings, arguments.words.front());
    if (!path.empty()) return show(path, *count, arguments.has("follow"));
    if (!loaded.problems.empty()) return misconfigured(loaded.problems);
    return misused(unknown(loaded.settings, arguments.words.front()));
}

} // namespace cmw::app
