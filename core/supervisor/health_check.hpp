// SPDX-License-Identifier: Apache-2.0
//
// supervisor/health_check.hpp - one health check, from its start to its end: a program that must
// exit with 0, a port that must accept, a URL that must answer 2xx. Blocks, for `timeout` at most:
// for a worker. Certificates are not judged here, so a URL begins with http://.
#pragma once

#include "base/cancel.hpp"
#include "base/problem.hpp"
#include "config/settings.hpp"

namespace cmw::supervisor {

/// Nothing, or why it is not well. A program that runs into the timeout is killed with its group.
base::Result<> check_health(const config::HealthSettings& settings, const base::Cancel& cancel);

} // namespace cmw::supervisor
