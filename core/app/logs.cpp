// SPDX-License-Identifier: Apache-2.0
//
// app/logs.cpp - cmix-wrapper logs: reads the file itself, so it needs no host.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/line_count.hpp"
#include "app/tail.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"
#include "base/text.hpp"
#include "logs/wildcard.hpp"

#include <filesystem>
#include <fmt/format.h>

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

/// The files that a stream's path stands for now: more than one with a wildcard.
std::vector<std::string> files_of(const std::string& path) {
    if (!config::is_wildcard(path)) return {path};
    const auto folder = std::filesystem::path(path).parent_path();
    std::vector<std::string> files;
    for (const auto& name : logs::new_logs(
             path, base::sys::list(folder.string()).value_or(std::vector<std::string>{}), {}))
        files.push_back((folder / name).string());
    return files;
}

/// Each file's last lines, and with `follow` what is written to them; several get a heading each time
/// another one has the word.
int show(const std::vector<std::string>& files, std::size_t count, bool follow) {
    const std::string* speaks = nullptr;
    const auto print_of = [&](const std::string& file) {
        return [&](std::string_view text) {
            if (files.size() > 1 && speaks != &file)
                print(fmt::format("{}==> {} <==\n", speaks == nullptr ? "" : "\n", file));
            speaks = &file;
            print(text);
        };
    };
    std::vector<Tail> tails;
    tails.reserve(files.size());
    for (const auto& file : files) {
        auto& tail = tails.emplace_back(file, print_of(file));
        if (const auto shown = tail.last_lines(count, follow); !shown)
            return failure(shown.error());
    }
    if (!follow) return ExitStatus::done;
    const auto loop = base::EventLoop::create();
    if (!loop) return failure(loop.error());
    for (auto& tail : tails)
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
    if (!path.empty()) {
        const auto files = files_of(path);
        if (files.empty())
            return failure({path, "cannot find a file that fits it", "nothing wrote one yet"});
        return show(files, *count, arguments.has("follow"));
    }
    if (!loaded.problems.empty()) return misconfigured(loaded.problems);
    return misused(unknown(loaded.settings, arguments.words.front()));
}

} // namespace cmw::app
