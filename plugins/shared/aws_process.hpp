// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_process.hpp - credentials that a program of the operator's prints: credential_process in
// a profile. Source: "Process credential provider", AWS SDKs and Tools Reference Guide.
#pragma once

#include "shared/aws_role.hpp"

#include <vector>

namespace cmw::shared {

/// The words of a command, split at white space; double quotes keep it. There is no shell. Throws
/// CMW_CONFIG if there is none, or a quote is not closed.
std::vector<std::string> split_command(std::string_view command);

/// Runs it, without input and with its messages thrown away, for a minute at most. Throws cmw::Error;
/// what it printed is told nowhere.
AwsLoan run_credential_process(const Call& call, const std::string& command);

} // namespace cmw::shared
