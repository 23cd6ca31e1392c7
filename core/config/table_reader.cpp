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

} // namespace

std::optional<KeyValue> read_key(const Key& key, const Entry* entry, const Position& table,
                                 const Reading& reading, const Instances* instances) {
    const bool names_instances = std::ranges::count(kinds, key.names) > 0;
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
