// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/session.hpp"

#include <deque>

namespace cmw::plugin_host {

/// Copies of the values first, then the views of them, which point into the copies.
struct ConfigTable::Storage {
    config::OptionValues owned;
    std::deque<std::vector<cmw_str>> lists; ///< A deque: growing does not move its elements.
    std::vector<cmw_value> values;
    cmw_config table{};

    cmw_value view(const config::OptionValue& option);
    void list(cmw_value& value, std::vector<cmw_str> strings, std::size_t count);
};

namespace {

cmw_str view_of(const std::string& text) {
    return {text.c_str(), text.size()};
}

} // namespace

void ConfigTable::Storage::list(cmw_value& value, std::vector<cmw_str> strings, std::size_t count) {
    lists.push_back(std::move(strings));
    value.count = static_cast<std::uint32_t>(count);
    value.as.list = lists.back().data();
}

cmw_value ConfigTable::Storage::view(const config::OptionValue& option) {
    cmw_value value{};
    value.type = static_cast<std::uint32_t>(option.type);
    if (const auto* integer = std::get_if<std::int64_t>(&option.value)) {
        value.as.integer = *integer;
    } else if (const auto* number = std::get_if<double>(&option.value)) {
        value.as.number = *number;
    } else if (const auto* text = std::get_if<std::string>(&option.value)) {
        value.as.string = view_of(*text);
    } else if (const auto* elements = std::get_if<config::OptionList>(&option.value)) {
        std::vector<cmw_str> strings;
        for (const auto& element : *elements) strings.push_back(view_of(element));
        list(value, std::move(strings), elements->size());
    } else if (const auto* pairs = std::get_if<config::OptionMap>(&option.value)) {
        std::vector<cmw_str> strings;
        for (const auto& [key, element] : *pairs) {
            strings.push_back(view_of(key));
            strings.push_back(view_of(element));
        }
        list(value, std::move(strings), pairs->size());
    } else {
        value.type = CMW_TYPE_ABSENT;
    }
    return value;
}

ConfigTable::ConfigTable(const config::OptionValues& values)
    : storage_(std::make_unique<Storage>()) {
    storage_->owned = values;
    for (const auto& value : storage_->owned) storage_->values.push_back(storage_->view(value));
    storage_->table = {sizeof(cmw_config), static_cast<std::uint32_t>(values.size()),
                       storage_->values.data()};
}
ConfigTable::~ConfigTable() = default;
ConfigTable::ConfigTable(ConfigTable&&) noexcept = default;
ConfigTable& ConfigTable::operator=(ConfigTable&&) noexcept = default;

const cmw_config& ConfigTable::get() const noexcept {
    return storage_->table;
}

} // namespace cmw::plugin_host
