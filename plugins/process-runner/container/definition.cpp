// SPDX-License-Identifier: Apache-2.0
#include "definition.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

namespace cmw::container {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

/// Not "as", which engines take no limit of.
constexpr std::string_view resources[] = {"core",    "cpu",      "data",   "fsize",      "locks",
                                          "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                          "rss",     "rtprio",   "rttime", "sigpending", "stack"};

[[noreturn]] void refuse(const std::string& what, const std::string& text, const std::string& why) {
    throw Error(CMW_CONFIG, "cannot use the " + what + " \"" + text + "\": " + why);
}

template <class List>
Array array_of(const List& list) {
    Array array;
    for (const auto& item : list) array.add(std::string(item));
    return array;
}

Array array_of(const char* const* list) {
    Array array;
    for (; *list != nullptr; ++list) array.add(std::string(*list));
    return array;
}

Object bind(const std::string& source, const std::string& target, bool read_only) {
    Object mount;
    mount.set("Type", source.starts_with('/') ? "bind" : "volume");
    mount.set("Source", source);
    mount.set("Target", target);
    mount.set("ReadOnly", read_only);
    return mount;
}

/// "/host:/container:ro". Not as "Binds", of which engines make a folder where none is.
Object parse_mount(const std::string& text) {
    std::string_view rest(text);
    const bool read_only = rest.ends_with(":ro");
    if (read_only || rest.ends_with(":rw")) rest.remove_suffix(3);
    const auto colon = rest.find(':');
    if (colon == rest.npos || rest.find(':', colon + 1) != rest.npos)
        refuse("mount", text, "it must be \"/on/this/machine:/in/it\", or that with \":ro\"");
    const std::string source(rest.substr(0, colon));
    const std::string target(rest.substr(colon + 1));
    if (source.empty() || source.starts_with('.'))
        refuse("mount", text, "it begins with neither an absolute path nor a volume's name");
    if (!target.starts_with('/'))
        refuse("mount", text, "its path in the container is not absolute");
    return bind(source, target, read_only);
}

bool is_port(const std::string& text) {
    unsigned port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    return error == std::errc() && rest == end && port > 0 && port < 65536;
}

/// "[127.0.0.1:]80:8080[/udp]"
void add_port(Object& bindings, Object& exposed, const std::string& text) {
    auto rest = text;
    std::string protocol = "tcp";
    if (const auto slash = rest.find('/'); slash != rest.npos) {
        protocol = rest.substr(slash + 1);
        rest.resize(slash);
    }
    const auto last = rest.rfind(':');
    const auto inner = last == rest.npos ? "" : rest.substr(last + 1);
    rest.resize(last == rest.npos ? 0 : last);
    const auto before = rest.rfind(':');
    auto address = before == rest.npos ? "" : rest.substr(0, before);
    const auto outer = before == rest.npos ? rest : rest.substr(before + 1);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    if (!is_port(inner) || !is_port(outer) ||
        (protocol != "tcp" && protocol != "udp" && protocol != "sctp"))
        refuse("port", text, "it must be \"[ADDRESS:]PORT:PORT-IN-IT[/udp]\"");
    Object binding;
    binding.set("HostIp", address);
    binding.set("HostPort", outer);
    const auto key = inner + "/" + protocol;
    auto list = bindings.has(key) ? *bindings.getArray(key) : Array();
    list.add(binding);
    bindings.set(key, Array::Ptr(new Array(list)));
    exposed.set(key, Object());
}

Array limits_of(const std::map<std::string, std::string>& limits) {
    Array list;
    for (const auto& [name, text] : limits) {
        if (std::ranges::find(resources, name) == std::end(resources))
            refuse("limit", name, "engines do not know it");
        Poco::Int64 value = -1;
        const auto* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        const bool number = error == std::errc() && rest == end && value >= 0;
        if (text != "unlimited" && !number)
            refuse("limit " + name, text, "it is neither a whole number nor \"unlimited\"");
        Object limit;
        limit.set("Name", name);
        limit.set("Soft", text == "unlimited" ? Poco::Int64{-1} : value);
        limit.set("Hard", text == "unlimited" ? Poco::Int64{-1} : value);
        list.add(limit);
    }
    return list;
}

Array capabilities_of(const std::vector<std::string>& names) {
    Array list;
    for (auto name : names) {
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        const bool known = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
            return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_';
        });
        if (!known) refuse("capability", name, "it is no name as \"net_bind_service\"");
        list.add(name.starts_with("CAP_") ? name.substr(4) : name);
    }
    return list;
}

void add_restrictions(Object& host, const UseSettings& use) {
    if (use.memory_max) {
        host.set("Memory", use.memory_max->count);
        host.set("MemorySwap", use.memory_max->count); // In all: no swap beside it.
    }
    if (use.cpu_max) host.set("NanoCpus", *use.cpu_max * 10'000'000);
    if (use.pids_max) host.set("PidsLimit", *use.pids_max);
    if (!use.limits.empty()) host.set("Ulimits", limits_of(use.limits));
    if (use.capabilities) {
        host.set("CapDrop", array_of(std::vector<std::string>{"ALL"}));
        host.set("CapAdd", capabilities_of(*use.capabilities));
    }
    if (use.no_new_privileges)
        host.set("SecurityOpt", array_of(std::vector<std::string>{"no-new-privileges"}));
    host.set("ReadonlyRootfs", use.read_only);
    if (use.init) host.set("Init", true);
}

/// All of it that needs no program.
Object host_part(const UseSettings& use, Array mounts, Object& exposed) {
    Object host;
    for (const auto& text : use.mounts) mounts.add(parse_mount(text));
    host.set("Mounts", mounts);
    Object folders;
    for (const auto& path : use.tmpfs) {
        if (!path.starts_with('/')) refuse("tmpfs", path, "it is no absolute path");
        folders.set(path, "");
    }
    host.set("Tmpfs", folders);
    Object bindings;
    for (const auto& text : use.ports) add_port(bindings, exposed, text);
    host.set("PortBindings", bindings);
    if (!use.network.empty()) host.set("NetworkMode", use.network);
    Object restart; // When to start again is the host's to say.
    restart.set("Name", "no");
    host.set("RestartPolicy", restart);
    host.set("AutoRemove", false);
    add_restrictions(host, use);
    return host;
}

std::string text_or_nothing(const char* text) {
    return text != nullptr ? text : "";
}

} // namespace

std::string print_definition(const Definition& definition, const UseSettings& use) {
    const auto& program = *definition.program;
    Array mounts;
    if (use.mount_program) mounts.add(bind(program.executable, program.executable, true));
    Object exposed;
    const auto host = host_part(use, mounts, exposed);
    Object labels;
    labels.set(label::owner, definition.owner);
    labels.set(label::service, std::string(program.name));
    labels.set(label::output, text_or_nothing(program.output_path));
    labels.set(label::errors, text_or_nothing(program.error_path));
    Object request;
    request.set("Image", definition.image);
    request.set("Entrypoint", array_of(std::vector<std::string>{program.executable}));
    request.set("Cmd", array_of(program.arguments + (*program.arguments != nullptr ? 1 : 0)));
    request.set("Env", array_of(program.environment));
    if (program.directory != nullptr) request.set("WorkingDir", std::string(program.directory));
    if (!use.user.empty()) request.set("User", use.user);
    request.set("Labels", labels);
    request.set("ExposedPorts", exposed);
    request.set("Tty", false);
    request.set("OpenStdin", false);
    request.set("HostConfig", host);
    std::ostringstream out;
    request.stringify(out);
    return out.str();
}

void check_definition(const UseSettings& use) {
    Object exposed;
    host_part(use, Array(), exposed);
}

std::string container_name(const std::string& prefix, const std::string& service) {
    const auto name = prefix + "-" + service;
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    };
    if (prefix.empty() || service.empty() ||
        std::isalnum(static_cast<unsigned char>(name[0])) == 0 ||
        !std::ranges::all_of(name, fits) || name.size() > 200)
        throw Error(CMW_CONFIG, "cannot name a container \"" + name +
                                    "\": it takes letters, digits, \"-\", \"_\" and \".\"");
    return name;
}

} // namespace cmw::container
