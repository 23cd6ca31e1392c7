// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_profile_loan.hpp - credentials by a profile of the AWS command line: its keys, those that
// its program prints, or those of a role that it takes by a web identity, by another profile, or by
// what the environment, the container or the machine has. Source: "Assume role credential provider",
// AWS SDKs and Tools Reference Guide.
#pragma once

#include "shared/aws_profile.hpp"
#include "shared/aws_role.hpp"

#include <optional>

namespace cmw::shared {

class AwsProfiles {
  public:
    /// Of ~/.aws/credentials and ~/.aws/config, or the files that AWS_SHARED_CREDENTIALS_FILE and
    /// AWS_CONFIG_FILE name; read when they are needed. What is passed is lent.
    AwsProfiles(const Environment& environment, const std::string& product)
        : environment_(environment), product_(product) {}

    /// Of `name`, or AWS_PROFILE, or "default"; nothing if it has none: then `why` says it. `now` is in
    /// seconds since the Unix epoch. Throws cmw::Error.
    std::optional<AwsLoan> loan(const Call& call, const std::string& name, std::int64_t now,
                                std::string& why) const;

  private:
    struct Found {
        std::string file;
        AwsProfile profile;
        std::string value(const char* key) const;
    };
    std::vector<Found> read(const std::string& name, std::string& why) const;
    std::optional<AwsLoan> loan(const Call& call, const std::string& name, std::int64_t now,
                                std::string& why, std::vector<std::string> asked_by) const;
    std::optional<AwsLoan> keys_of(const Call& call, const std::string& name,
                                   const Found& found) const;
    AwsLoan take_role(const Call& call, const std::string& name, std::int64_t now,
                      const Found& found, const std::vector<std::string>& asked_by) const;
    AwsLoan source_of(const Call& call, const std::string& name, std::int64_t now,
                      const Found& found, const std::vector<std::string>& asked_by) const;

    const Environment& environment_;
    const std::string& product_;
};

} // namespace cmw::shared
