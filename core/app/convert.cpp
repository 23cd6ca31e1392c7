// SPDX-License-Identifier: Apache-2.0
//
// app/convert.cpp - cmix-wrapper config convert.
#include "app/ask_host.hpp"
#include "app/commands.hpp"
#include "app/conversion_files.hpp"
#include "app/terminal.hpp"
#include "base/system.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <iterator>

namespace cmw::app {

namespace fs = std::filesystem;
using base::Problems;

namespace {

constexpr std::size_t max_unit_file = std::size_t{1} << 20;

tl::expected<legacy::Unit, Problems> read_unit(const std::string& path) {
    if (path == "-")
        return legacy::parse_unit(std::string(std::istreambuf_iterator<char>(std::cin), {}),
                                  "the standard input");
    const auto text = base::sys::read_file(path, max_unit_file);
    if (!text)
        return tl::unexpected(
            Problems{base::system_problem(path, "read the unit file", text.error())});
    return legacy::parse_unit(*text, path);
}

/// The unit file that the words name, or the flags that they are.
tl::expected<legacy::Unit, Problems> unit_of(const std::vector<std::string>& words) {
    const bool is_file =
        words.size() == 1 && (words.front() == "-" || !words.front().starts_with('-'));
    if (is_file) return read_unit(words.front());
    legacy::Unit unit;
    unit.directory = fs::current_path();
    unit.command = words;
    return unit;
}

/// Drop-ins of a unit file change what it says, and were not read.
void mention_drop_ins(const std::string& path) {
    std::error_code error;
    if (path == "-" || !fs::is_directory(path + ".d", error)) return;
    report({{path + ".d", "the unit has drop-ins, which were not read",
             "use 'systemctl cat NAME | cmix-wrapper config convert -'"}},
           "note", Colour::yellow);
}

std::string absolute(const std::string& path) {
    return fs::absolute(path).lexically_normal();
}

/// Where the secrets go: --secrets, else beside the output.
std::string secrets_folder(const Arguments& arguments) {
    if (arguments.has("secrets")) {
        auto folder = absolute(arguments.value("secrets"));
        if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
        return folder;
    }
    if (arguments.has("output"))
        return fs::path(absolute(arguments.value("output"))).parent_path() / "secrets";
    return "/etc/cmix-wrapper/secrets";
}

int write(const Arguments& arguments, const legacy::Conversion& conversion,
          const std::string& secrets) {
    const bool to_file = arguments.has("output");
    if (!conversion.secrets.empty() && !to_file && !arguments.has("secrets"))
        return misused({"", "cannot print the configuration alone: secrets belong to it",
                        "say --output FILE, which puts them beside it, or --secrets FOLDER"});
    const auto path = to_file ? absolute(arguments.value("output")) : std::string();
    const auto problems = to_file
                              ? write_conversion(conversion, path, 0644, secrets, Existing::keep)
                              : write_secrets(conversion, secrets, Existing::keep);
    if (!problems.empty()) {
        report(problems, "error", Colour::red);
        return ExitStatus::failed;
    }
    Problems notes;
    for (const auto& notice : conversion.notices) notes.push_back({"", notice, ""});
    if (!conversion.secrets.empty())
        notes.push_back({"", "the secrets are in " + secrets,
                         "they are still in the old unit file, too, which everybody may read"});
    report(notes, "note", Colour::yellow);
    if (to_file)
        print(fmt::format("{}: written; see 'cmix-wrapper check -c {}'\n", path, path));
    else
        print(conversion.toml);
    return ExitStatus::done;
}

} // namespace

int convert(const Arguments& arguments) {
    if (arguments.words.size() < 2)
        return misused({"", "cannot convert without a unit file or flags",
                        "use 'config convert UNIT-FILE' or 'config convert --flags FLAG...'"});
    const std::vector<std::string> words(arguments.words.begin() + 1, arguments.words.end());
    auto unit = unit_of(words);
    if (!unit) return misconfigured(unit.error());
    const auto flags = legacy::parse_flags(legacy::without_program(unit->command));
    if (!flags) return misconfigured(flags.error());
    legacy::Request request;
    request.source = unit->name.empty() ? "flags" : fs::path(unit->name).filename().string();
    if (unit->name.empty()) unit->command.clear();
    request.unit = std::move(*unit);
    request.secrets_folder = secrets_folder(arguments);
    const auto conversion = legacy::convert(*flags, request);
    if (!conversion) return misconfigured(conversion.error());
    mention_drop_ins(words.front());
    return write(arguments, *conversion, request.secrets_folder);
}

} // namespace cmw::app
