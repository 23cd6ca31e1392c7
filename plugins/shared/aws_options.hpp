// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_options.hpp - the declarations of options that each plugin which asks an AWS service
// has in the same words: option<&Settings::profile>(shared::aws_profile_option).
#pragma once

#include "shared/aws_credentials.hpp"

#include <cmw/options.hpp>

namespace cmw::shared {

inline constexpr OptionText aws_credentials_option{
    .name = "credentials",
    .help = "Who asks: the options below; the environment (AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); a web identity "
            "(AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN); a profile of the AWS command line; the "
            "container's role (ECS, EKS); the instance's role (EC2); anonymous: nobody, for what "
            "everybody may read; auto: the first of them that is there.",
    .fallback = "auto",
    .choices = aws_credential_sources};

inline constexpr OptionText aws_key_id_option{.name = "access-key-id",
                                              .help = "Id of the key to sign with."};

inline constexpr OptionText aws_secret_option{.name = "secret-access-key", .help = "Its secret."};

inline constexpr OptionText aws_session_token_option{
    .name = "session-token", .help = "Belongs to a key that is good for a time only."};

inline constexpr OptionText aws_profile_option{
    .name = "profile",
    .help = "Profile in ~/.aws/credentials or ~/.aws/config (or the files that "
            "AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name); not set: AWS_PROFILE, then "
            "default."};

} // namespace cmw::shared
