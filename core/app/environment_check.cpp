// SPDX-License-Identifier: Apache-2.0
#include "app/environment_check.hpp"

#include "base/system.hpp"

#include <cerrno>
#include <unistd.h>

namespace cmw::app {

namespace sys = base::sys;
using base::Problem;
using base::Problems;
using config::Position;

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// What keeps `folder` from being made and written to, in words; "" if nothing.
std::string folder_fault(const std::string& folder) {
    const auto found = sys::stat(folder);
    if (found && !S_ISDIR(found->st_mode)) return "it is no folder";
    if (found) return sys::access(folder, W_OK | X_OK) ? "" : "this user may not write to it";
    if (found.error() != ENOENT || folder == "/")
        return base::system_problem("", "look at it", found.error()).what;
    const auto above = folder_of(folder);
    const auto fault = folder_fault(above);
    return fault.empty() || fault.starts_with("it is not there")
               ? fault
               : fmt::format("it is not there, and cannot be made: {}: {}", above, fault);
}

void need_folder(Problems& problems, const Position& position, std::string_view what,
                 const std::string& folder) {
    if (!folder.starts_with('/')) return; // A problem already.
    const auto fault = folder_fault(folder);
    if (fault.empty()) return;
    problems.push_back({position.to_string(),
                        fmt::format("cannot use {} as {}: {}", folder, what, fault),
                        "make it for the user that the host runs as"});
}

bool is_installed_by_us(const config::Settings& settings, const std::string& path) {
    return std::ranges::find(settings.components, path, &config::ComponentSettings::path) !=
           settings.components.end();
}

void need_program(Problems& problems, const config::Settings& settings, const Position& position,
                  const std::vector<std::string>& command) {
    if (command.empty() || is_installed_by_us(settings, command.front())) return;
    const auto& program = command.front();
    const auto found = sys::stat(program);
    std::string fault;
    if (!found)
        fault = base::system_problem("", "look at it", found.error()).what;
    else if (!S_ISREG(found->st_mode))
        fault = "it is no file";
    else if (!sys::access(program, X_OK))
        fault = "this user may not execute it";
    if (fault.empty()) return;
    problems.push_back({position.to_string(), fmt::format("cannot run {}: {}", program, fault),
                        "install it, correct the path, or name it as the path of a [component]"});
}

void check_programs(Problems& problems, const config::Settings& settings,
                    const config::ServiceSettings& service) {
    const auto* runner = settings.instance(service.runner.instance);
    const bool on_this_machine = runner == nullptr || runner->plugin != "container";
    if (on_this_machine) need_program(problems, settings, service.position, service.command);
    if (service.health)
        need_program(problems, settings, service.health->position, service.health->exec);
    for (const auto& hook : {service.before_upgrade, service.after_upgrade})
        if (hook) need_program(problems, settings, hook->position, hook->exec);
}

void check_folders(Problems& problems, const config::ServiceSettings& service) {
    for (const auto& path : {service.output_path, service.error_path})
        if (!path.empty() && !path.starts_with("/dev/"))
            need_folder(problems, service.position, "the folder of the output", folder_of(path));
    if (service.directory.empty()) return;
    const auto found = sys::stat(service.directory);
    if (!found || !S_ISDIR(found->st_mode))
        problems.push_back({service.position.to_string(),
                            fmt::format("cannot start in {}: it is no folder", service.directory),
                            "make it or correct the path"});
}

/// Whether the value at `position` is a text in the file, and no { env } or { file }.
bool is_literal(const config::Node& node, const Position& position) {
    for (const auto& entry : node.entries) {
        const bool here = entry.position == position || entry.value.position == position;
        if (here) return entry.value.kind == config::Node::Kind::string;
        if (is_literal(entry.value, position)) return true;
    }
    return std::ranges::any_of(node.items,
                               [&](const auto& item) { return is_literal(item, position); });
}

} // namespace

Problems environment_problems(const config::Settings& settings, bool complete) {
    Problems problems;
    need_folder(problems, settings.host.position, "state-dir", settings.host.state_dir);
    need_folder(problems, settings.host.position, "runtime-dir", settings.host.runtime_dir);
    for (const auto& component : settings.components)
        need_folder(problems, component.position, "the folder of the component",
                    folder_of(component.path));
    for (const auto& service : settings.services) {
        check_folders(problems, service);
        if (complete) check_programs(problems, settings, service);
    }
    return problems;
}

Problems exposed_secrets(const config::Document& document, const config::Settings& settings) {
    Problems problems;
    const auto look = [&](const config::OptionValues& values) {
        for (const auto& value : values) {
            if (value.type != config::OptionType::secret || value.position.line == 0) continue;
            const auto file = sys::stat(value.position.file);
            if (!file || (file->st_mode & S_IROTH) == 0) continue;
            if (is_literal(document.root(), value.position))
                problems.push_back({value.position.to_string(),
                                    "cannot keep this secret: everybody may read the file",
                                    "use { file = \"...\" } or { env = \"...\" }, or chmod o-r"});
        }
    };
    for (const auto& instance : settings.instances) look(instance.options);
    for (const auto& component : settings.components) {
        look(component.from.options);
        for (const auto& use : component.approved_by) look(use.options);
    }
    for (const auto& service : settings.services) look(service.runner.options);
    for (const auto& stream : settings.streams)
        for (const auto& use : stream.to) look(use.options);
    return problems;
}

} // namespace cmw::app
