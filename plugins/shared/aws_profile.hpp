// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_profile.hpp - the files that the AWS command line shares with other programs. Pure.
// Source: "Shared config and credentials files", AWS SDKs and Tools Reference Guide.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cmw::shared {

/// Names and values of a profile, as "aws_access_key_id".
using AwsProfile = std::map<std::string, std::string>;

enum class AwsFile {
    credentials, ///< "[name]"
    config,      ///< "[profile name]", "[default]"
};

/// The profiles of a file by name. What is no profile is passed over, and so are settings within
/// settings; a later value of a name replaces an earlier one.
std::map<std::string, AwsProfile> parse_aws_profiles(std::string_view text, AwsFile kind);

} // namespace cmw::shared
