// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <algorithm>

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

} // namespace cmw::config
