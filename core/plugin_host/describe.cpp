// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/describe.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <algorithm>
#include <fmt/format.h>
#include <sstream>

namespace cmw::plugin_host {

namespace {

using config::OptionSpec;
using config::OptionType;

/// The type with what to write there: "duration, such as \"30s\"".
std::string type_words(OptionType type) {
    const std::string word(name(type));
    if (type == OptionType::duration) return word + ", such as \"30s\"";
    if (type == OptionType::size) return word + ", such as \"64KiB\"";
    if (type == OptionType::secret) return word + ": a string, { file = ... } or { env = ... }";
    return word;
}

/// "required, deprecated, default 30s, 1s to 5m, one of red, blue"; "" if there is nothing to say.
std::string limits_words(const OptionSpec& option) {
    std::vector<std::string> parts;
    if (option.required) parts.emplace_back("required");
    if (option.deprecated) parts.emplace_back("deprecated");
    if (option.fallback)
        parts.push_back(option.fallback->empty() ? "default \"\"" : "default " + *option.fallback);
    if (option.minimum && option.maximum)
        parts.push_back(fmt::format("{} to {}", *option.minimum, *option.maximum));
    else if (option.minimum)
        parts.push_back("at least " + *option.minimum);
    else if (option.maximum)
        parts.push_back("at most " + *option.maximum);
    if (!option.choices.empty())
        parts.push_back(fmt::format("one of {}", fmt::join(option.choices, ", ")));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_options(std::string_view title, const std::vector<OptionSpec>& options) {
    if (options.empty()) return {};
    auto text = fmt::format("\n{}\n", title);
    for (const auto& option : options) {
        text += fmt::format("  {}  ({})\n", option.name, type_words(option.type));
        if (const auto limits = limits_words(option); !limits.empty())
            text += fmt::format("      {}\n", limits);
        text += fmt::format("      {}\n", option.help);
    }
    return text;
}

Poco::Dynamic::Var or_null(const std::optional<std::string>& text) {
    return text ? Poco::Dynamic::Var(*text) : Poco::Dynamic::Var();
}

Poco::JSON::Array::Ptr to_json(const std::vector<OptionSpec>& options) {
    Poco::JSON::Array::Ptr list = new Poco::JSON::Array;
    for (const auto& option : options) {
        Poco::JSON::Array::Ptr choices = new Poco::JSON::Array;
        for (const auto& choice : option.choices) choices->add(choice);
        Poco::JSON::Object::Ptr object = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
        object->set("name", option.name);
        object->set("type", std::string(name(option.type)));
        object->set("required", option.required);
        object->set("deprecated", option.deprecated);
        object->set("default", or_null(option.fallback));
        object->set("minimum", or_null(option.minimum));
        object->set("maximum", or_null(option.maximum));
        object->set("choices",
                    option.choices.empty() ? Poco::Dynamic::Var() : Poco::Dynamic::Var(choices));
        object->set("help", option.help);
        list->add(object);
    }
    return list;
}

Poco::JSON::Object::Ptr to_json(const Plugin& plugin) {
    Poco::JSON::Object::Ptr object = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
    object->set("kind", plugin.schema.kind);
    object->set("name", plugin.schema.name);
    object->set("version", plugin.version);
    object->set("summary", plugin.summary);
    object->set("license", plugin.license);
    object->set("author", plugin.author);
    object->set("homepage", plugin.homepage);
    object->set("file", plugin.file);
    object->set("options", to_json(plugin.schema.options));
    object->set("use_options", to_json(plugin.schema.use_options));
    return object;
}

std::string to_text(const Poco::JSON::Object& object) {
    std::ostringstream text;
    object.stringify(text, 2);
    return text.str();
}

} // namespace

std::string describe_list(const std::vector<Catalog::Entry>& entries) {
    std::vector<const Plugin*> plugins;
    for (const auto& entry : entries)
        plugins.insert(plugins.end(), entry.plugins.begin(), entry.plugins.end());
    std::ranges::sort(plugins, {}, [](const Plugin* plugin) {
        return std::tie(plugin->schema.kind, plugin->schema.name);
    });
    std::size_t kind_width = 0;
    std::size_t name_width = 0;
    for (const auto* plugin : plugins) {
        kind_width = std::max(kind_width, plugin->schema.kind.size());
        name_width = std::max(name_width, plugin->schema.name.size());
    }
    std::string text;
    for (const auto* plugin : plugins)
        text += fmt::format("{:<{}}  {:<{}}  {:<8}  {}\n", plugin->schema.kind, kind_width,
                            plugin->schema.name, name_width, plugin->version, plugin->summary);
    for (const auto& entry : entries)
        if (entry.problem) text += fmt::format("refused: {}\n", to_string(*entry.problem));
    return text;
}

std::string describe(const Plugin& plugin) {
    auto text = fmt::format("{} \"{}\" {}\n{}\n\nfile      {}\nlicense   {}\n", plugin.schema.kind,
                            plugin.schema.name, plugin.version, plugin.summary, plugin.file,
                            plugin.license);
    if (!plugin.author.empty()) text += fmt::format("author    {}\n", plugin.author);
    if (!plugin.homepage.empty()) text += fmt::format("homepage  {}\n", plugin.homepage);
    text += describe_options("Options:", plugin.schema.options);
    text += describe_options("Options for each use, in { use = \"name\", ... }:",
                             plugin.schema.use_options);
    return text;
}

std::string describe_list_json(const std::vector<Catalog::Entry>& entries) {
    Poco::JSON::Array::Ptr plugins = new Poco::JSON::Array;
    Poco::JSON::Array::Ptr problems = new Poco::JSON::Array;
    for (const auto& entry : entries) {
        for (const auto* plugin : entry.plugins) plugins->add(to_json(*plugin));
        if (!entry.problem) continue;
        Poco::JSON::Object::Ptr problem = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
        problem->set("file", entry.file);
        problem->set("problem", to_string(*entry.problem));
        problems->add(problem);
    }
    Poco::JSON::Object list(Poco::JSON_PRESERVE_KEY_ORDER);
    list.set("plugins", plugins);
    list.set("problems", problems);
    return to_text(list);
}

std::string describe_json(const Plugin& plugin) {
    return to_text(*to_json(plugin));
}

} // namespace cmw::plugin_host
