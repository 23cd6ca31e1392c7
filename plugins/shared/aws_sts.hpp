// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_sts.hpp - the token service, which lends the credentials of a role. Source:
// "AssumeRole", "AssumeRoleWithWebIdentity", AWS Security Token Service API Reference.
#pragma once

#include "shared/aws_role.hpp"

namespace cmw::shared {

struct StsPlace {
    std::string server; ///< "https://sts.us-west-1.amazonaws.com"
    std::string region; ///< That requests are signed for.
};

/// That of AWS_REGION or AWS_DEFAULT_REGION, else of `region`, else the one for all; its server is
/// the one that AWS_ENDPOINT_URL_STS names, if it is set. Throws CMW_CONFIG.
StsPlace sts_place(const Environment& environment, const std::string& region = "");

/// What is asked: parameters and their values.
using StsQuery = std::vector<std::pair<std::string, std::string>>;

/// Who asks, and when by the service's clock; for requests that are signed.
struct StsSigner {
    AwsKeys keys;
    std::int64_t now; ///< Seconds since the Unix epoch.
};

/// The credentials that the service lends, without their origin. `what`: "take the role X", for the
/// words of a failure. Throws cmw::Error.
AwsLoan ask_sts(const Call& call, const StsPlace& place, const StsQuery& query,
                const std::optional<StsSigner>& signer, const std::string& product,
                const std::string& what);

/// The <Credentials> of the service's XML. Throws CMW_INVALID, without a word of what is in it.
AwsLoan parse_sts_credentials(std::string_view xml);

/// A name for sessions, which have few characters: `wanted`, or the product's.
std::string session_name(const std::string& wanted, const std::string& product);

} // namespace cmw::shared
