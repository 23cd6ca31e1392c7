// SPDX-License-Identifier: Apache-2.0
//
// config/table_reader.hpp - reads the host's own tables by their declarations.
#pragma once

#include "config/declarations.hpp"
#include "config/reader.hpp"

namespace cmw::config {

class Instances;

/// The value of one key, refined; nothing if it has none. `instances` may be nullptr for a table
/// whose keys name none.
std::optional<KeyValue> read_key(const Key& key, const Entry* entry, const Position& table,
                                 const Reading& reading, const Instances* instances);

/// Reads the keys of `declared` into `settings`; found[i] is the entry of key i, or nullptr.
template <class S>
void assign_keys(S& settings, const Table<S>& declared, const std::vector<const Entry*>& found,
                 const Position& table, const Reading& reading, const Instances* instances) {
    for (std::size_t i = 0; i < declared.keys.size(); ++i) {
        const auto& binding = declared.keys[i];
        if (const auto value = read_key(binding.key, found[i], table, reading, instances))
            binding.assign(settings, *value);
    }
}

/// A whole table of which every key is the host's.
template <class S>
S read_table(const Table<S>& declared, const Node& table, const Reading& reading,
             const Instances* instances) {
    Specs specs;
    for (const auto& binding : declared.keys) specs.push_back(&binding.key.spec);
    S settings;
    settings.position = table.position;
    assign_keys(settings, declared, find_keys(table, specs, reading.report), table.position,
                reading, instances);
    return settings;
}

} // namespace cmw::config
