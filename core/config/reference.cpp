// SPDX-License-Identifier: Apache-2.0
#include "config/declarations.hpp"
#include "config/loader.hpp"
#include "config/toml_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::config {

namespace {

constexpr std::size_t line_width = 100;

/// The fallback as TOML: declarations hold texts without their quotes.
std::string fallback_toml(const OptionSpec& spec) {
    switch (spec.type) {
    case OptionType::boolean:
    case OptionType::integer:
    case OptionType::number:
    case OptionType::list:
    case OptionType::map:
        return *spec.fallback;
    default:
        return to_toml(std::string_view(*spec.fallback));
    }
}

/// What stands in the template for a key; "" if it is not shown there.
std::string example_of(const Key& key) {
    if (!key.example.empty()) return std::string(key.example);
    return key.spec.fallback ? fallback_toml(key.spec) : "";
}

std::string type_of(const Key& key) {
    if (key.names == "component") return "list of components";
    if (key.one_will_do) return fmt::format("{}, or list of them", key.names);
    if (!key.names.empty() && key.spec.type == OptionType::list)
        return fmt::format("list of {}s", key.names);
    if (!key.names.empty()) return std::string(key.names);
    if (!key.spec.choices.empty())
        return fmt::format("\"{}\"", fmt::join(key.spec.choices, "\", \""));
    return std::string(name(key.spec.type));
}

std::string default_of(const Key& key) {
    if (key.spec.required) return "required";
    if (key.spec.fallback) return fmt::format("`{}`", fallback_toml(key.spec));
    return std::string(key.default_note);
}

/// `text` in lines that begin with "# ".
std::string comment(std::string_view text) {
    std::string lines;
    std::string line = "#";
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        if (line.size() + 1 + word.size() > line_width) {
            lines += line + "\n";
            line = "#";
        }
        line += fmt::format(" {}", word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return lines + line + "\n";
}

void add_key(std::string& text, const Key& key) {
    const auto example = example_of(key);
    if (example.empty()) return;
    auto help = key.spec.help;
    if (!key.spec.required && !key.default_note.empty())
        help += fmt::format(" Default: {}.", key.default_note);
    text += comment(help) + fmt::format("#{} = {}\n", key.spec.name, example);
}

std::string in_cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.insert(at, 1, '\\');
    return text;
}

} // namespace

std::string default_configuration() {
    std::string text = comment(
        "Configuration of cmix-wrapper. Lines that begin with '#' and a key show what may "
        "be written, with the default or an example; take the '#' away to set it. Durations "
        "(\"250ms\", \"30s\", \"5m\") and sizes (\"64KiB\", \"2GiB\") are texts with units. "
        "Relative paths start at this file's folder.");
    for (const auto& table : all_tables()) {
        text += "\n" + comment(table.help) + fmt::format("#[{}]\n", table.example);
        for (const auto* key : table.keys) add_key(text, *key);
        if (table.heading == command_source_table().heading) text += "#plugin = \"directory\"\n";
        if (table.heading != instance_table().heading) continue;
        text += "\n" + comment("More instances that the tables below name.");
        text += "#[binary-source.network]\n#plugin = \"http\"\n#[process-runner.local]\n"
                "#plugin = \"posix\"\n#[log-backend.disk]\n#plugin = \"file\"\n";
    }
    return text;
}

std::string reference_markdown() {
    std::string text;
    for (const auto& table : all_tables()) {
        text += fmt::format("### `[{}]`\n\n{}\n\n| key | type | default | meaning |\n"
                            "| --- | --- | --- | --- |\n",
                            table.heading, table.help);
        for (const auto* key : table.keys) {
            text += fmt::format("| `{}` | {} | {} | {} |\n", key->spec.name, in_cell(type_of(*key)),
                                in_cell(default_of(*key)), in_cell(key->spec.help));
        }
        text += "\n";
    }
    return text;
}

} // namespace cmw::config
