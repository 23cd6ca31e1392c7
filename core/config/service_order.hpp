// SPDX-License-Identifier: Apache-2.0
//
// config/service_order.hpp - which services need which others (`after`). Pure.
#pragma once

#include "config/settings.hpp"

#include <set>

namespace cmw::config {

/// A chain of services that each need the next, the first of them named again at its end: such can
/// never be started in order. Empty if there is none.
std::vector<std::string> find_cycle(const std::vector<ServiceSettings>& services);

/// Those of `names` that no other of them needs: they may be stopped now, beside each other.
std::vector<std::string> first_to_stop(const std::vector<ServiceSettings>& services,
                                       const std::set<std::string>& names);

} // namespace cmw::config
