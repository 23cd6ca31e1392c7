// SPDX-License-Identifier: Apache-2.0
//
// config/declarations.hpp - every key of the host's own tables, declared once: reading, the
// template (`config default`) and docs/configuration.md all come from these rows. A new key is one
// row here and a member in settings.hpp.
#pragma once

#include "config/refine.hpp"
#include "config/settings.hpp"

#include <algorithm>

namespace cmw::config {

/// One key, as an operator sees it.
struct Key {
    OptionSpec spec;
    /// The kind of the tables that its value names: a plugin kind, two of them with " or " between,
    /// "component" or "service". "": none.
    std::string_view names{};
    Refine refine = nullptr;
    std::string_view example{};      ///< For the template, as TOML; "": the fallback.
    std::string_view default_note{}; ///< Where the default depends on other keys.
    bool one_will_do = false;        ///< Of a list: the only element may stand without brackets.
    bool number_will_do = false;     ///< Of a string: an integer is read as its digits.
};

/// Whether what a key `names` are plugin instances.
inline bool name_instances(std::string_view names) {
    return std::ranges::any_of(kinds, [&](auto kind) { return names.starts_with(kind); });
}

/// What was read for a key: uses if it names plugin instances, else a value.
struct KeyValue {
    OptionValue value;
    std::vector<UseSettings> uses;
};

/// A key and the member that it goes into.
template <class S>
struct Binding {
    Key key;
    void (*assign)(S& settings, const KeyValue& value); ///< Not called for a key without value.
};

template <class S>
struct Table {
    std::string_view heading; ///< "component.NAME"
    std::string_view example; ///< "component.server"
    std::string_view help;
    std::vector<Binding<S>> keys;
};

const Table<HostSettings>& host_table();
const Table<IdentitySettings>& identity_table();
const Table<InstanceSettings>& instance_table();
/// What a command source has besides.
const Table<InstanceSettings>& command_source_table();
/// The tables that say which keys an instance of this kind has besides its plugin's options.
std::vector<const Table<InstanceSettings>*> instance_tables(std::string_view kind);
const Table<ComponentSettings>& component_table();
const Table<ServiceSettings>& service_table();
const Table<StreamSettings>& stream_table();

/// A table without its C++ side, for what is generated.
struct TableText {
    std::string_view heading;
    std::string_view example;
    std::string_view help;
    std::vector<const Key*> keys;
};
std::vector<TableText> all_tables();

} // namespace cmw::config
