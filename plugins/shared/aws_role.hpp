// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_role.hpp - credentials that Amazon lends to a container (ECS, EKS) or to a machine
// (EC2, IMDSv2). Sources: "Container credential provider" and "IMDS credential provider", AWS SDKs
// and Tools Reference Guide; "Use the Instance Metadata Service", EC2 User Guide.
#pragma once

#include "shared/aws_signature.hpp"
#include "shared/http_proxy.hpp"

#include <cmw/host.hpp>

#include <limits>
#include <optional>

namespace cmw::shared {

/// Credentials for a time.
struct AwsLoan {
    static constexpr std::int64_t lasting = std::numeric_limits<std::int64_t>::max();

    AwsKeys keys;
    std::int64_t expires = lasting; ///< Seconds since the Unix epoch.
    std::string origin;             ///< "the option access-key-id"
};

/// Of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, if the first two are set.
std::optional<AwsLoan> environment_loan(const Environment& environment);

/// Seconds since the Unix epoch of "2026-01-01T00:00:00Z". Throws CMW_INVALID.
std::int64_t parse_role_time(const std::string& text);

/// The JSON that both services answer, and programs print. Throws CMW_INVALID, without a word of what is in it.
AwsLoan parse_role_credentials(const std::string& json);

/// Where the container's agent is, by AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI; "" if
/// neither is set. Throws CMW_CONFIG for an URL that is neither https nor of this machine: the
/// container's token goes there.
std::string container_url(const Environment& environment);

/// Asks the container's agent. Throws cmw::Error.
AwsLoan fetch_container_role(const Call& call, const Environment& environment,
                             const std::string& product);

/// Whether the firmware says that this machine is in EC2, or AWS_EC2_METADATA_SERVICE_ENDPOINT is
/// set; not if AWS_EC2_METADATA_DISABLED is "true". Asks nobody.
bool may_have_instance_role(const Environment& environment);

/// Asks the machine's metadata service, by a session (IMDSv2). Throws cmw::Error.
AwsLoan fetch_instance_role(const Call& call, const Environment& environment,
                            const std::string& product);

} // namespace cmw::shared
