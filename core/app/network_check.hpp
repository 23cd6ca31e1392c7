// SPDX-License-Identifier: Apache-2.0
//
// app/network_check.hpp - whether TCP keeps its pace over pauses, as the xx network asks of its nodes:
// either the kernel does not go back to slow start on an idle connection, or the routes begin with
// windows wide enough. [host] network-check says what follows if not.
#pragma once

#include "base/routes.hpp"
#include "config/settings.hpp"

namespace cmw::app {

struct NetworkFacts {
    /// net.ipv4.tcp_slow_start_after_idle; nothing: it cannot be read.
    std::optional<bool> slow_start_after_idle;
    std::vector<base::Route> routes;
};

/// Of this machine, or of its network namespace.
NetworkFacts network_facts();

/// Nothing if they are as they should be. `where`: of the setting. Pure.
std::optional<base::Problem> network_problem(const NetworkFacts& facts, const std::string& where);

/// The same for what the machine says now; nothing if the setting is "off".
std::optional<base::Problem> network_problem(const config::HostSettings& host);

} // namespace cmw::app
