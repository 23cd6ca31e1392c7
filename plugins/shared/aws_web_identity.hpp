// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_web_identity.hpp - credentials of a role for a token of somebody else whom AWS trusts,
// such as a Kubernetes cluster's for a service account (EKS). Source: "AssumeRoleWithWebIdentity",
// AWS Security Token Service API Reference.
#pragma once

#include "shared/aws_role.hpp"

#include <optional>

namespace cmw::shared {

struct WebIdentity {
    std::string token_file; ///< Read anew each time: its writer replaces it.
    std::string role;       ///< "arn:aws:iam::123456789012:role/node"
    std::string session;    ///< "": the product's name.
};

/// By AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, if the first two are set.
std::optional<WebIdentity> web_identity_of(const Environment& environment);

/// Asks the token service (aws_sts.hpp). Throws cmw::Error.
AwsLoan fetch_web_identity(const Call& call, const WebIdentity& identity,
                           const Environment& environment, const std::string& product);

} // namespace cmw::shared
