// SPDX-License-Identifier: Apache-2.0
#include "config/service_order.hpp"

#include <algorithm>

namespace cmw::config {

namespace {

using Names = std::vector<std::string>;

/// Follows what services need, depth first.
class Search {
  public:
    explicit Search(const std::vector<ServiceSettings>& services) {
        for (const auto& service : services) needs_[service.name] = &service.after;
    }

    Names cycle_from(const std::string& name) {
        const auto on_way = std::ranges::find(way_, name);
        if (on_way != way_.end()) {
            Names cycle(on_way, way_.end());
            cycle.push_back(name);
            return cycle;
        }
        const auto found = needs_.find(name);
        if (found == needs_.end() || !seen_.insert(name).second) return {};
        way_.push_back(name);
        for (const auto& next : *found->second)
            if (auto cycle = cycle_from(next); !cycle.empty()) return cycle;
        way_.pop_back();
        return {};
    }

  private:
    std::map<std::string, const Names*> needs_;
    Names way_;
    std::set<std::string> seen_;
};

} // namespace

Names find_cycle(const std::vector<ServiceSettings>& services) {
    Search search(services);
    for (const auto& service : services)
        if (auto cycle = search.cycle_from(service.name); !cycle.empty()) return cycle;
    return {};
}

Names first_to_stop(const std::vector<ServiceSettings>& services,
                    const std::set<std::string>& names) {
    std::set<std::string> needed;
    for (const auto& service : services)
        if (names.contains(service.name)) needed.insert(service.after.begin(), service.after.end());
    Names free;
    std::ranges::set_difference(names, needed, std::back_inserter(free));
    return free;
}

} // namespace cmw::config
