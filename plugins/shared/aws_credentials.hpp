// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_credentials.hpp - who signs requests to AWS: the options, the environment, a web identity,
// the files of the AWS command line, the container's role, the machine's role, or nobody. For one thread.
#pragma once

#include "shared/aws_role.hpp"

#include <optional>

namespace cmw::shared {

/// For an option `credentials`.
inline constexpr const char* aws_credential_sources[] = {"auto",         "options",   "environment",
                                                         "web-identity", "profile",   "container",
                                                         "instance",     "anonymous", nullptr};

struct AwsCredentialSettings {
    std::string source = "auto"; ///< One of the above; "auto": the first of them that has any.
    std::string key_id;
    Secret secret;
    Secret session_token;
    std::string profile; ///< "": AWS_PROFILE, else "default".
};

/// Throws CMW_CONFIG for settings that contradict each other.
void check_aws_credentials(const AwsCredentialSettings& settings);

class AwsCredentials {
  public:
    AwsCredentials(AwsCredentialSettings settings, Environment environment, std::string product)
        : settings_(std::move(settings)),
          environment_(std::move(environment)),
          product_(std::move(product)) {}

    /// The keys to sign with at `now` (seconds since the Unix epoch); nothing: do not sign. Borrowed
    /// ones are renewed some minutes before they end. Throws CMW_DENIED, with all the places that
    /// were looked at, if there are none.
    std::optional<AwsKeys> get(const Call& call, std::int64_t now);

    /// The service refused them: look for others at the next get().
    void forget() { loan_.reset(); }

    /// "the option access-key-id", after a get() that gave keys.
    std::string origin() const { return loan_ ? loan_->origin : "no credentials"; }

  private:
    AwsLoan find(const Call& call, std::int64_t now) const;
    std::optional<AwsLoan> from_options() const;

    AwsCredentialSettings settings_;
    Environment environment_;
    std::string product_;
    std::optional<AwsLoan> loan_;
};

} // namespace cmw::shared
