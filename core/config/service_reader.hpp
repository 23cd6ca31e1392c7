// SPDX-License-Identifier: Apache-2.0
//
// config/service_reader.hpp - reads the tables of services, and checks what their keys say together.
#pragma once

#include "config/table_reader.hpp"
#include "config/uses.hpp"

namespace cmw::config {

/// One [service.NAME]; `settings` have the components.
ServiceSettings read_service(const Node& table, const Settings& settings, const Reading& reading,
                             const Instances& instances);

/// The paths that depend on each other: a service writes to where the stream of its name reads.
void place_outputs(Settings& settings, const Node& root);

/// What can be told when all tables are read: of their outputs, and what names services.
void check_services(const Settings& settings, const Reading& reading);

/// Times of the week are of use for activation in windows alone, and that without them never comes.
void check_activation(const Node& table, const ActivationSettings& activation,
                      const Reading& reading);

} // namespace cmw::config
