// SPDX-License-Identifier: Apache-2.0
#include "config/declarations.hpp"
#include "config/loader.hpp"
#include "config/secret.hpp"
#include "config/toml_writer.hpp"
#include "config/uses.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::config {

namespace {

/// Hides what is secret, and what is not known not to be: options of a plugin that does not load,
/// keys that nobody declared. { env } and { file } are no secrets themselves and stay.
class Mask {
  public:
    Mask(const Document& document, const SchemaLookup& lookup)
        : root_(document.root()), lookup_(lookup) {}

    void apply(Node& root) const {
        for (auto& group : root.entries) {
            const auto tables = all_tables();
            const bool is_kind = std::ranges::count(kinds, group.key) > 0;
            const auto declared = std::ranges::find_if(tables, [&](const TableText& table) {
                return table.heading.substr(0, table.heading.find('.')) == group.key;
            });
            if (!is_kind && declared == tables.end()) {
                hide(group.value);
            } else if (group.value.kind == Node::Kind::table) {
                for (auto& table : group.value.entries) {
                    if (is_kind)
                        apply_to_instance(group.key, table);
                    else
                        apply_to_uses(table.value, *declared);
                }
            }
        }
    }

  private:
    static void hide(Node& node) {
        if (is_reference(node)) return;
        if (node.kind == Node::Kind::table) {
            for (auto& entry : node.entries) hide(entry.value);
            return;
        }
        node = Node{};
        node.kind = Node::Kind::string;
        node.text = "********";
    }

    static void apply_to_options(Node& table, const std::vector<OptionSpec>* options,
                                 const std::vector<std::string_view>& own,
                                 const std::string& prefix = {}) {
        for (auto& entry : table.entries) {
            if (prefix.empty() && std::ranges::count(own, entry.key) > 0) continue;
            const auto name = prefix + entry.key;
            const OptionSpec* known = nullptr;
            if (options != nullptr) {
                const auto found = std::ranges::find(*options, name, &OptionSpec::name);
                if (found != options->end()) known = &*found;
            }
            if (known == nullptr && entry.value.kind == Node::Kind::table) {
                if (!is_reference(entry.value))
                    apply_to_options(entry.value, options, own, name + ".");
            } else if (known == nullptr || known->type == OptionType::secret) {
                hide(entry.value);
            }
        }
    }

    const PluginSchema* schema(std::string_view kind, const std::string& instance) const {
        const auto* tables = root_.find(kind);
        const auto* table = tables == nullptr ? nullptr : tables->find(instance);
        const auto* plugin = table == nullptr ? nullptr : table->find("plugin");
        if (plugin == nullptr || plugin->kind != Node::Kind::string) return nullptr;
        std::optional<base::Digest> sha256;
        if (const auto* text = table->find("sha256")) {
            sha256 = base::parse_digest(text->text, "sha-256");
            if (!sha256) return nullptr; // As read_settings: not to be loaded.
        }
        return lookup_(std::string(kind), plugin->text, sha256).value_or(nullptr);
    }

    void apply_to_instance(const std::string& kind, Entry& table) const {
        std::vector<std::string_view> own;
        for (const auto* declared : instance_tables(kind))
            for (const auto& binding : declared->keys) own.push_back(binding.key.spec.name);
        const auto* found = schema(kind, table.key);
        if (table.value.kind != Node::Kind::table) return hide(table.value);
        apply_to_options(table.value, found == nullptr ? nullptr : &found->options, own);
    }

    void apply_to_uses(Node& table, const TableText& declared) const {
        for (const auto* key : declared.keys) {
            const auto entry = std::ranges::find(table.entries, key->spec.name, &Entry::key);
            if (entry == table.entries.end() || !name_instances(key->names)) continue;
            apply_to_use(key->names, entry->value);
            for (auto& item : entry->value.items) apply_to_use(key->names, item);
        }
    }

    void apply_to_use(std::string_view kind, Node& use) const {
        const auto* name = use.find("use");
        const auto* found = name == nullptr ? nullptr : schema(kind, name->text);
        std::vector<std::string_view> own{"use"};
        if (kind == "log-backend")
            for (const auto& option : log_use_options()) own.push_back(option.name);
        apply_to_options(use, found == nullptr ? nullptr : &found->use_options, own);
    }

    const Node& root_;
    const SchemaLookup& lookup_;
};

} // namespace

std::string show(const Document& document, const SchemaLookup& lookup) {
    auto root = document.root();
    Mask(document, lookup).apply(root);
    return fmt::format("# {}\n\n{}", fmt::join(document.files(), "\n# "), write_document(root));
}

} // namespace cmw::config
