// SPDX-License-Identifier: Apache-2.0
//
// app/ask_host.hpp - what all commands share that ask a running host: which one, and how their
// failures are told.
#pragma once

#include "app/command_line.hpp"
#include "control/client.hpp"

namespace cmw::app {

/// Of the host that the configuration names; the failure is an exit status, and told already.
tl::expected<control::Client, int> client_of(const Arguments& arguments);

/// Tells it; the exit status.
int failure(const control::ClientFailure& failed);
/// The same of a problem that is not one of configuration.
int failure(const base::Problem& problem);
/// The same of how the command was called.
int misused(const base::Problem& problem);
/// The same of problems in the configuration.
int misconfigured(const base::Problems& problems);

/// "cmix a" as a part of a path or query.
std::string escaped(const std::string& text);

} // namespace cmw::app
