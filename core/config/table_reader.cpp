// SPDX-License-Identifier: Apache-2.0
#include "config/table_reader.hpp"

#include "config/option_values.hpp"
#include "config/uses.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::config {

namespace {

const Position& position_of(const Entry& entry, const Fault& fault) {
    const auto& items = entry.value.items;
    return fault.item < items.size() ? items[fault.item].position : entry.value.position;
}

/// The value as its type wants it, where it may be written more simply.
std::optional<Entry> written_out(const Key& key, const Entry* entry) {
    if (entry == nullptr) return std::nullopt;
    const auto kind = entry->value.kind;
    if (key.one_will_do && (kind == Node::Kind::string || kind == Node::Kind::table)) {
        auto list = *entry;
        list.value = Node{};
        list.value.kind = Node::Kind::list;
        list.value.position = entry->value.position;
        list.value.items = {entry->value};
        return list;
    }
    if (key.number_will_do && kind == Node::Kind::integer) {
        auto text = *entry;
        text.value.kind = Node::Kind::string;
        text.value.text = std::to_string(entry->value.integer);
        return text;
    }
    return std::nullopt;
}

} // namespace

std::optional<KeyValue> read_key(const Key& key, const Entry* entry, const Position& table,
                                 const Reading& reading, const Instances* instances) {
    const auto rewritten = written_out(key, entry);
    if (rewritten) entry = &*rewritten;
    const bool names_instances = name_instances(key.names);
    if (names_instances && entry != nullptr) {
        KeyValue value;
        if (key.spec.type == OptionType::list) {
            value.uses = instances->read_uses(entry->value, key.spec, key.names);
        } else {
            value.uses.push_back(instances->read_use(entry->value, key.spec, key.names));
        }
        return value;
    }
    KeyValue value{read_option(key.spec, entry, table, reading), {}};
    if (std::holds_alternative<std::monostate>(value.value.value)) return std::nullopt;
    if (key.refine == nullptr) return value;
    const auto fault = key.refine(value.value, reading.document);
    if (!fault) return value;
    reading.report.add(entry == nullptr ? table : position_of(*entry, *fault),
                       fmt::format("{} (for '{}')", fault->what, key.spec.name), fault->fix);
    return std::nullopt;
}

} // namespace cmw::config
