// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/descriptor.hpp"

#include "config/settings.hpp"
#include "plugin_host/option_check.hpp"
#include "plugin_host/shown_text.hpp"

#include <array>
#include <cmw/abi/binary_source.h>
#include <cmw/abi/command_source.h>
#include <cmw/abi/consensus_source.h>
#include <cmw/abi/log_backend.h>
#include <cmw/abi/process_runner.h>
#include <cstring>
#include <fmt/format.h>

namespace cmw::plugin_host {

namespace {

using base::fail;

constexpr std::size_t max_text = 4096; ///< Bytes of one text of a descriptor.
constexpr std::size_t max_choices = 256;

/// What makes a descriptor unusable; ends at read_library.
struct Fault {
    std::string text;
};

/// A text that must be ended within bounds. nullptr is "" unless it is `required`.
std::string read_text(const char* text, std::string_view what, bool required = false) {
    if (text == nullptr) {
        if (required) throw Fault{fmt::format("it has no {}", what)};
        return {};
    }
    const auto size = ::strnlen(text, max_text + 1);
    if (size > max_text) throw Fault{fmt::format("its {} does not end", what)};
    auto shown = fit_to_show({text, size}, max_text);
    if (required && shown.empty()) throw Fault{fmt::format("its {} is empty", what)};
    return shown;
}

std::optional<std::string> read_optional(const char* text, std::string_view what) {
    if (text == nullptr) return std::nullopt;
    return read_text(text, what);
}

std::vector<std::string> read_choices(const char* const* choices) {
    std::vector<std::string> list;
    if (choices == nullptr) return list;
    for (; *choices != nullptr; ++choices) {
        if (list.size() == max_choices) throw Fault{"its choices do not end"};
        list.push_back(read_text(*choices, "choice", true));
    }
    return list;
}

config::OptionSpec read_option(const cmw_option& row) {
    config::OptionSpec option;
    option.name = read_text(row.name, "name", true);
    try {
        if (row.type < CMW_TYPE_BOOL || row.type > CMW_TYPE_SECRET)
            throw Fault{fmt::format("its type {} is unknown", row.type)};
        option.type = static_cast<config::OptionType>(row.type);
        option.required = (row.flags & CMW_OPTION_REQUIRED) != 0;
        option.deprecated = (row.flags & CMW_OPTION_DEPRECATED) != 0;
        option.fallback = read_optional(row.fallback, "fallback");
        option.minimum = read_optional(row.minimum, "minimum");
        option.maximum = read_optional(row.maximum, "maximum");
        option.choices = read_choices(row.choices);
        option.help = read_text(row.help, "help", true);
    } catch (const Fault& fault) {
        throw Fault{fmt::format("option \"{}\": {}", option.name, fault.text)};
    }
    if (const auto fault = option_fault(option); !fault.empty())
        throw Fault{fmt::format("option \"{}\" {}", option.name, fault)};
    return option;
}

std::vector<config::OptionSpec> read_options(const cmw_option* rows, std::size_t count,
                                             std::size_t step,
                                             std::span<const std::string_view> reserved) {
    std::vector<config::OptionSpec> options;
    if (count == 0) return options;
    if (rows == nullptr) throw Fault{"it counts options but has no table of them"};
    if (count > max_options)
        throw Fault{fmt::format("it declares {} options, more than {}", count, max_options)};
    if (step < sizeof(cmw_option) || step > 4096 || step % alignof(cmw_option) != 0)
        throw Fault{fmt::format("its option_size {} makes no sense", step)};
    for (std::size_t i = 0; i < count; ++i) {
        const auto* bytes = reinterpret_cast<const std::byte*>(rows) + i * step;
        options.push_back(read_option(*reinterpret_cast<const cmw_option*>(bytes)));
    }
    if (const auto fault = options_fault(options, reserved); !fault.empty()) throw Fault{fault};
    return options;
}

/// A kind that this host knows, and whether a table of it is complete.
struct Kind {
    std::string_view name; ///< With its version.
    bool (*complete)(const void* ops);
};

/// Tables of the first minor version are complete or not there; members added later are looked at
/// with CMW_HAS where they are used.
template <class Ops, auto... Required>
bool has_all(const void* table, std::size_t size = sizeof(Ops)) {
    const auto& ops = *static_cast<const Ops*>(table);
    return ops.struct_size >= size && ((ops.*Required != nullptr) && ...);
}

using Runner = cmw_process_runner_ops;

bool is_runner(const void* table) {
    return has_all<Runner, &Runner::start, &Runner::stop, &Runner::outcome, &Runner::release>(
        table, offsetof(Runner, usage));
}

/// As a Kind has it.
template <class Ops, auto Required>
bool is(const void* table) {
    return has_all<Ops, Required>(table);
}

constexpr std::array<Kind, 5> kinds{{
    {CMW_KIND_CONSENSUS_SOURCE, &is<cmw_consensus_source_ops, &cmw_consensus_source_ops::poll>},
    {CMW_KIND_BINARY_SOURCE, &is<cmw_binary_source_ops, &cmw_binary_source_ops::fetch>},
    {CMW_KIND_LOG_BACKEND, &is<cmw_log_backend_ops, &cmw_log_backend_ops::write>},
    {CMW_KIND_PROCESS_RUNNER, &is_runner},
    {CMW_KIND_COMMAND_SOURCE, &is<cmw_command_source_ops, &cmw_command_source_ops::poll>},
}};
static_assert(kinds.size() == std::size(config::kinds));

constexpr std::array<std::string_view, 3> reserved_names{"plugin", "sha256", "deadline"};
constexpr std::array<std::string_view, 1> reserved_use_names{"use"};

/// What this host cannot use, though nothing is wrong with it; "" if it can.
std::string unusable(const cmw_plugin& table, const std::string& kind) {
    if (table.requires_minor > CMW_ABI_MINOR)
        return fmt::format("it needs a host with ABI 1.{}, and this one has 1.{}",
                           table.requires_minor, CMW_ABI_MINOR);
    if (std::ranges::find(kinds, kind, &Kind::name) == kinds.end())
        return fmt::format("its kind \"{}\" is not known here", kind);
    return {};
}

Plugin read_plugin(const cmw_plugin& table, const std::string& kind, const std::string& file) {
    Plugin plugin;
    plugin.schema.kind = kind.substr(0, kind.find('/'));
    plugin.version = read_text(table.version, "version", true);
    plugin.summary = read_text(table.summary, "summary", true);
    plugin.license = read_text(table.license, "license", true);
    plugin.author = read_text(table.author, "author");
    plugin.homepage = read_text(table.homepage, "homepage");
    plugin.file = file;
    plugin.table = &table;
    if (table.create == nullptr || table.destroy == nullptr)
        throw Fault{"its create or destroy is missing"};
    const auto* known = std::ranges::find(kinds, kind, &Kind::name);
    if (table.ops == nullptr || !known->complete(table.ops))
        throw Fault{"the table of its kind is missing or incomplete"};
    plugin.schema.options =
        read_options(table.options, table.option_count, table.option_size, reserved_names);
    plugin.schema.use_options = read_options(table.use_options, table.use_option_count,
                                             table.option_size, reserved_use_names);
    return plugin;
}

/// Adds what `table` describes to `contents`.
void read_into(Contents& contents, const cmw_plugin& table, const std::string& file) {
    if (table.struct_size < sizeof(cmw_plugin))
        throw Fault{fmt::format("a plugin's struct_size {} is below {}", table.struct_size,
                                sizeof(cmw_plugin))};
    const auto name = read_text(table.name, "name", true);
    try {
        if (!is_plugin_name(name)) throw Fault{"its name is not of a-z, 0-9 and \"-\""};
        const auto kind = read_text(table.kind, "kind", true);
        if (const auto reason = unusable(table, kind); !reason.empty()) {
            contents.problem =
                base::Problem{file, fmt::format("cannot use the plugin \"{}\": {}", name, reason),
                              "install a host that is as new as the plugin"};
            return;
        }
        auto plugin = read_plugin(table, kind, file);
        plugin.schema.name = name;
        for (const auto& other : contents.plugins)
            if (other.schema.kind == plugin.schema.kind && other.schema.name == name)
                throw Fault{"the library holds two of that kind and name"};
        contents.plugins.push_back(std::move(plugin));
    } catch (const Fault& fault) {
        throw Fault{fmt::format("plugin \"{}\": {}", name, fault.text)};
    }
}

} // namespace

base::Result<Contents> read_library(const cmw_library& library, const std::string& file) {
    try {
        if (library.struct_size < sizeof(cmw_library))
            throw Fault{fmt::format("its struct_size {} is below {}", library.struct_size,
                                    sizeof(cmw_library))};
        if (library.plugins == nullptr || *library.plugins == nullptr)
            throw Fault{"it holds no plugins"};
        Contents contents;
        std::size_t count = 0;
        for (const auto* const* plugin = library.plugins; *plugin != nullptr; ++plugin) {
            if (++count > max_plugins)
                throw Fault{fmt::format("it holds more than {} plugins", max_plugins)};
            read_into(contents, **plugin, file);
        }
        return contents;
    } catch (const Fault& fault) {
        return fail(file, "cannot use it as a plugin: " + fault.text,
                    "ask its author for a correct one");
    }
}

} // namespace cmw::plugin_host
