// SPDX-License-Identifier: Apache-2.0
#include "config/uses.hpp"

#include "config/option_values.hpp"
#include "config/table_reader.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::config {

namespace {

/// Reads the options that `specs` declare; `first` more specs stand before them and are not theirs.
OptionValues read_values(const std::vector<OptionSpec>& options,
                         const std::vector<const Entry*>& found, std::size_t first,
                         const Position& table, const Reading& reading) {
    OptionValues values;
    values.reserve(options.size());
    for (std::size_t i = 0; i < options.size(); ++i)
        values.push_back(read_option(options[i], found[first + i], table, reading));
    return values;
}

void add_specs(Specs& specs, const std::vector<OptionSpec>& options) {
    for (const auto& option : options) specs.push_back(&option);
}

std::string in_one_line(const base::Problem& problem) {
    return problem.where.empty() ? problem.what : problem.where + ": " + problem.what;
}

} // namespace

const std::vector<OptionSpec>& log_use_options() {
    static const std::vector<OptionSpec> options{
        {.name = "min-level", .choices = {"trace", "debug", "info", "warn", "error", "fatal"}},
        {.name = "rate-limit", .type = OptionType::integer, .minimum = "1"}};
    return options;
}

Instances::Instances(const Reading& reading, const SchemaLookup& lookup, const PluginCheck& check)
    : reading_(reading), check_(check) {
    std::vector<std::pair<std::string_view, const Entry*>> tables;
    for (const auto kind : kinds) {
        for (const auto* table : named_tables(reading.document.root(), kind, reading.report))
            tables.emplace_back(kind, table);
    }
    std::ranges::stable_sort(tables, [&](const auto& a, const auto& b) {
        return reading.document.before(a.second->position, b.second->position);
    });
    instances_.reserve(tables.size());
    for (const auto& [kind, table] : tables) read_instance(kind, *table, lookup);
}

void Instances::read_instance(std::string_view kind, const Entry& table,
                              const SchemaLookup& lookup) {
    auto& report = reading_.report;
    const auto before = report.count();
    const auto& position = table.value.position;
    const auto twin =
        std::ranges::find(instances_, table.key, [](const Instance& i) { return i.settings.name; });
    if (twin != instances_.end())
        report.add(table.position,
                   fmt::format("cannot use the name '{}' twice: [{}.{}] at {} has it", table.key,
                               twin->settings.kind, table.key, twin->settings.position.to_string()),
                   "names of instances are unique over all kinds: choose another");

    auto& instance = instances_.emplace_back();
    instance.settings.kind = kind;
    instance.settings.name = table.key;
    instance.settings.position = position;
    Specs specs;
    for (const auto* declared : instance_tables(kind)) {
        std::vector<const Entry*> found;
        for (const auto& binding : declared->keys) {
            specs.push_back(&binding.key.spec);
            found.push_back(table.value.entry(binding.key.spec.name));
        }
        assign_keys(instance.settings, *declared, found, position, reading_, nullptr);
    }
    // A digest that cannot be read might have refused the library: it is not loaded then.
    if (instance.settings.plugin.empty() || report.count() != before) return;

    const auto schema =
        lookup(instance.settings.kind, instance.settings.plugin, instance.settings.sha256);
    if (!schema) {
        report.add_unavailable(table.value.find("plugin")->position,
                               fmt::format("cannot use the plugin '{}': {}",
                                           instance.settings.plugin, in_one_line(schema.error())),
                               schema.error().fix);
        return;
    }
    instance.schema = *schema;
    const auto own = specs.size();
    add_specs(specs, instance.schema->options);
    instance.settings.options = read_values(
        instance.schema->options, find_keys(table.value, specs, report), own, position, reading_);
    instance.good = report.count() == before;
    if (!instance.good || !check_) return;
    if (const auto problem = check_(instance.settings, nullptr))
        report.add(position, in_one_line(*problem), problem->fix);
}

const Instances::Instance* Instances::find(const Node& node, const std::string& name,
                                           const OptionSpec& key, std::string_view kind) const {
    std::vector<std::string> names;
    const Instance* other_kind = nullptr;
    for (const auto& instance : instances_) {
        const bool same_name = instance.settings.name == name;
        if (kind.find(instance.settings.kind) == kind.npos) {
            if (same_name) other_kind = &instance;
            continue;
        }
        if (same_name) return &instance;
        names.push_back(instance.settings.name);
    }
    if (other_kind != nullptr) {
        reading_.report.add(node.position,
                            fmt::format("cannot use '{}' for '{}': it is a {}", name, key.name,
                                        other_kind->settings.kind),
                            fmt::format("name a {}", kind));
    } else {
        reading_.report.add(
            node.position,
            fmt::format("cannot find the {} '{}' that '{}' names", kind, name, key.name),
            names.empty() ? fmt::format("add a table [{}.{}]", kind.substr(0, kind.find(' ')), name)
                          : suggestion(name, names));
    }
    return nullptr;
}

UseSettings Instances::read_use(const Node& node, const OptionSpec& key,
                                std::string_view kind) const {
    const auto* named = node.kind == Node::Kind::table ? node.find("use") : &node;
    if (named == nullptr || named->kind != Node::Kind::string) {
        reading_.report.add(node.position,
                            fmt::format("cannot use {} for '{}': it does not name a {}",
                                        config::name(node.kind), key.name, kind),
                            R"(write "NAME" or { use = "NAME", ... })");
        return {{}, {}, node.position};
    }
    return read_options(node, named->text, find(*named, named->text, key, kind), key, kind);
}

UseSettings Instances::read_options(const Node& node, const std::string& name,
                                    const Instance* instance, const OptionSpec& key,
                                    std::string_view kind) const {
    static const OptionSpec use_spec{.name = "use", .required = true};
    static const std::vector<OptionSpec> none;
    const auto& own = kind == "log-backend" ? log_use_options() : none;
    UseSettings use{name, {}, node.position};
    if (instance == nullptr || instance->schema == nullptr) return use;
    auto& report = reading_.report;
    const auto before = report.count();
    const auto& options = instance->schema->use_options;
    Specs specs{&use_spec};
    add_specs(specs, own);
    add_specs(specs, options);
    const auto found = find_keys(node, specs, report);
    const auto values = read_values(own, found, 1, node.position, reading_);
    if (!values.empty()) {
        if (const auto* level = std::get_if<std::string>(&values[0].value)) use.min_level = *level;
        if (const auto* rate = std::get_if<std::int64_t>(&values[1].value)) use.rate_limit = *rate;
    }
    use.options = read_values(options, found, 1 + own.size(), node.position, reading_);
    if (report.count() != before || !instance->good || !check_) return use;
    if (const auto problem = check_(instance->settings, &use))
        report.add(node.position, fmt::format("{} (for '{}')", in_one_line(*problem), key.name),
                   problem->fix);
    return use;
}

std::vector<UseSettings> Instances::read_uses(const Node& node, const OptionSpec& key,
                                              std::string_view kind) const {
    std::vector<UseSettings> uses;
    if (node.kind != Node::Kind::list) {
        reading_.report.add(node.position,
                            fmt::format("cannot use {} for '{}': a list is expected",
                                        config::name(node.kind), key.name),
                            R"(write ["NAME"] or [{ use = "NAME", ... }])");
        return uses;
    }
    for (const auto& item : node.items) {
        auto use = read_use(item, key, kind);
        if (!use.instance.empty() && std::ranges::count(uses, use.instance, &UseSettings::instance))
            reading_.report.add(
                item.position,
                fmt::format("cannot name '{}' twice in '{}'", use.instance, key.name),
                "remove one of them");
        uses.push_back(std::move(use));
    }
    return uses;
}

std::vector<InstanceSettings> Instances::settings() const {
    std::vector<InstanceSettings> settings;
    for (const auto& instance : instances_) settings.push_back(instance.settings);
    return settings;
}

std::string Instances::use_text(const UseSettings& use, std::string_view option) const {
    const auto instance = std::ranges::find(instances_, use.instance, [](const Instance& i) {
        return std::string_view(i.settings.name);
    });
    if (instance == instances_.end() || instance->schema == nullptr) return {};
    const auto& specs = instance->schema->use_options;
    for (std::size_t i = 0; i < specs.size() && i < use.options.size(); ++i) {
        const auto* text = std::get_if<std::string>(&use.options[i].value);
        if (specs[i].name == option && text != nullptr) return *text;
    }
    return {};
}

} // namespace cmw::config
