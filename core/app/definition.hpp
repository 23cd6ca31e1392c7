// SPDX-License-Identifier: Apache-2.0
//
// app/definition.hpp - whether a service is defined as before: a reload leaves those alone that are.
// Pure.
#pragma once

#include "config/settings.hpp"

namespace cmw::app {

/// All that a running program depends on, as one text: the service's own table, its use of the
/// runner and the runner's table. Equal texts are equal definitions.
std::string definition_of(const config::ServiceSettings& service, const config::Settings& settings);

/// Services of `before` that are no more in `after`, or are defined in another way.
std::vector<std::string> changed_services(const config::Settings& before,
                                          const config::Settings& after);

} // namespace cmw::app
