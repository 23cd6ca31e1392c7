// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include "base/text.hpp"
#include "config/secret.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::config {

namespace {

class KeyFinder {
  public:
    KeyFinder(const Specs& specs, Report& report)
        : specs_(specs), found_(specs.size(), nullptr), report_(report) {}

    void look_into(const Node& table, const std::string& prefix) {
        for (const auto& entry : table.entries) {
            const auto name = prefix + entry.key;
            const bool plain = entry.key.find('.') == std::string::npos;
            const auto index = std::ranges::find(specs_, name, &OptionSpec::name) - specs_.begin();
            const bool is_option = plain && index < std::ssize(specs_);
            const bool is_group = plain && has_sub_keys(name);
            const bool is_table = entry.value.kind == Node::Kind::table;
            if (is_group && is_table && !(is_option && is_reference(entry.value))) {
                look_into(entry.value, name + ".");
            } else if (is_option) {
                found_[static_cast<std::size_t>(index)] = &entry;
            } else if (is_group) {
                report_.add(entry.value.position,
                            fmt::format("cannot use {} for '{}': a table is expected",
                                        config::name(entry.value.kind), name),
                            fmt::format("write {} = {{ {} = ... }}", entry.key,
                                        keys_below(name + ".").front()));
            } else {
                report_.add(entry.position,
                            fmt::format("cannot use the key '{}': it is not known", entry.key),
                            suggestion(entry.key, keys_below(prefix)));
            }
        }
    }

    std::vector<const Entry*> found() && { return std::move(found_); }

  private:
    bool has_sub_keys(const std::string& name) const {
        return std::ranges::any_of(
            specs_, [&](const OptionSpec* spec) { return spec->name.starts_with(name + "."); });
    }

    /// The keys of the sub-table that `prefix` leads to, each once.
    std::vector<std::string> keys_below(const std::string& prefix) const {
        std::vector<std::string> keys;
        for (const auto* spec : specs_) {
            if (!spec->name.starts_with(prefix)) continue;
            const auto rest = spec->name.substr(prefix.size());
            auto key = rest.substr(0, rest.find('.'));
            if (std::ranges::count(keys, key) == 0) keys.push_back(std::move(key));
        }
        return keys;
    }

    const Specs& specs_;
    std::vector<const Entry*> found_;
    Report& report_;
};

/// Names go into file names, messages and other programs' labels.
void check_table_name(const Entry& entry, Report& report) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto& name = entry.key;
    const bool good = !name.empty() && is_letter(name.front()) &&
                      std::ranges::all_of(name, [&](char c) { return is_letter(c) || c == '-'; });
    if (!good)
        report.add(entry.position, fmt::format("cannot use the name '{}' for a table", name),
                   "names are made of a-z, 0-9 and '-', and begin with a letter or digit");
}

} // namespace

std::vector<const Entry*> find_keys(const Node& table, const Specs& specs, Report& report) {
    KeyFinder finder(specs, report);
    finder.look_into(table, "");
    return std::move(finder).found();
}

std::string suggestion(std::string_view word, std::span<const std::string> known) {
    if (known.empty()) return "remove it";
    const auto near = base::nearest(word, known);
    if (!near.empty()) return fmt::format("did you mean '{}'?", near);
    return fmt::format("known here: {}", fmt::join(known, ", "));
}

std::vector<const Entry*> named_tables(const Node& root, std::string_view group, Report& report) {
    std::vector<const Entry*> tables;
    const auto* entry = root.entry(group);
    if (entry == nullptr) return tables;
    if (entry->value.kind != Node::Kind::table) {
        report.add(entry->position,
                   fmt::format("cannot use {} for '{}': a table is expected",
                               name(entry->value.kind), group),
                   fmt::format("write [{}.NAME]", group));
        return tables;
    }
    for (const auto& named : entry->value.entries) {
        if (named.value.kind != Node::Kind::table) {
            report.add(named.position,
                       fmt::format("cannot use the key '{}' here: tables [{}.NAME] are expected",
                                   named.key, group),
                       fmt::format("write it into one of them, below its [{}.NAME]", group));
        } else {
            check_table_name(named, report);
            tables.push_back(&named);
        }
    }
    return tables;
}

} // namespace cmw::config
