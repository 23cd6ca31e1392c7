// SPDX-License-Identifier: Apache-2.0
//
// app/legacy.cpp - cmix-wrapper legacy: the host, with the flags of the wrapper that it replaces. They
// are converted into a file in the state folder, so that all else is as with `run`: the other
// commands, and a reload.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/conversion_files.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"

#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace cmw::app {

using base::Problems;

namespace {

/// A folder that systemd made for us, the first of several.
std::string given_folder(const char* variable) {
    const char* value = std::getenv(variable);
    const std::string text = value == nullptr ? "" : value;
    return text.substr(0, text.find(':'));
}

struct Folders {
    std::string state;
    std::string runtime;
};

/// The old unit file makes no folders, and names a user that may not make the usual ones: such a
/// host lives in the folder in which the old wrapper kept its commands.
Folders folders(const legacy::Flags& flags) {
    Folders folders{given_folder("STATE_DIRECTORY"), given_folder("RUNTIME_DIRECTORY")};
    const bool root = ::geteuid() == 0;
    if (folders.state.empty())
        folders.state =
            root ? "/var/lib/cmix-wrapper"
                 : std::filesystem::absolute(flags.value("--cmd-dir")).string() + "/cmix-wrapper";
    if (folders.runtime.empty())
        folders.runtime = root ? "/run/cmix-wrapper" : folders.state + "/run";
    return folders;
}

/// Of a problem in the file that nobody wrote: the flag that the line comes from.
void name_flag(base::Problem& problem, const std::string& path, const legacy::Conversion& made) {
    if (!problem.where.starts_with(path + ":")) return;
    std::uint32_t line = 0;
    const auto* begin = problem.where.data() + path.size() + 1;
    std::from_chars(begin, problem.where.data() + problem.where.size(), line);
    if (const auto origin = made.origins.find(line); origin != made.origins.end())
        problem.where = origin->second;
}

void give_hints(const legacy::Conversion& conversion, const std::string& path) {
    Problems hints;
    for (const auto& notice : conversion.notices) hints.push_back({"", notice, ""});
    hints.push_back(
        {"", "these are the flags of the old wrapper, with its secrets where 'ps' shows them",
         "'cmix-wrapper config convert UNIT-FILE --output "
         "/etc/cmix-wrapper/wrapper.toml' makes a configuration of them, for "
         "'cmix-wrapper run'"});
    hints.push_back(
        {"", "they were converted to " + path, "other commands want '-c " + path + "'"});
    report(hints, "note", Colour::yellow);
}

} // namespace

int legacy(const Arguments& arguments) {
    const auto flags = legacy::parse_flags(arguments.words);
    if (!flags) return misconfigured(flags.error());
    const auto place = folders(*flags);
    const auto folder = place.state + "/legacy";
    legacy::Request request;
    request.source = "the flags that 'cmix-wrapper legacy' was started with; at the next start "
                     "it is made anew";
    request.unit.directory = std::filesystem::current_path();
    request.secrets_folder = folder;
    request.state_dir = place.state;
    request.runtime_dir = place.runtime;
    const auto conversion = legacy::convert(*flags, request);
    if (!conversion) return misconfigured(conversion.error());
    const auto path = folder + "/wrapper.toml";
    if (const auto made = base::sys::make_folders(place.state, 0750); !made)
        return failure(base::system_problem(place.state, "make the folder", made.error()));
    const auto written = write_conversion(*conversion, path, 0600, folder, Existing::replace);
    if (!written.empty()) return failure(written.front());
    Arguments as_run;
    as_run.options["config"] = path;
    const auto configuration = read_configuration(as_run);
    if (!configuration) return misconfigured(configuration.error());
    auto problems = configuration->loaded.problems;
    if (problems.size() > configuration->loaded.unavailable) {
        for (auto& problem : problems) name_flag(problem, path, *conversion);
        return misconfigured(problems);
    }
    give_hints(*conversion, path);
    return run(as_run);
}

} // namespace cmw::app
