// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <algorithm>
#include <charconv>

namespace cmw::config {

namespace {

template <class Thing>
const Thing* find(const std::vector<Thing>& things, std::string_view name) {
    const auto found = std::ranges::find(things, name, &Thing::name);
    return found == things.end() ? nullptr : &*found;
}

} // namespace

const InstanceSettings* Settings::instance(std::string_view name) const {
    return find(instances, name);
}
const ComponentSettings* Settings::component(std::string_view name) const {
    return find(components, name);
}
const ServiceSettings* Settings::service(std::string_view name) const {
    return find(services, name);
}
const StreamSettings* Settings::stream(std::string_view name) const {
    return find(streams, name);
}

std::size_t needed_sources(const ComponentSettings& component) {
    const auto& rule = component.agreement;
    if (rule == "any") return 1;
    std::size_t number = component.approved_by.size(); // "all"
    std::from_chars(rule.data(), rule.data() + rule.size(), number);
    return number;
}

bool is_wildcard(std::string_view path) {
    return path.find_first_of("*?[") != std::string_view::npos;
}

std::int64_t keep_of(const StreamSettings& stream) {
    return stream.keep.value_or(stream.max_size / 2);
}

Nanoseconds upgrade_window(const ServiceSettings& service) {
    if (service.upgrade_window) return *service.upgrade_window;
    return service.health ? std::chrono::seconds(30) : std::chrono::seconds(10);
}

} // namespace cmw::config
