// SPDX-License-Identifier: Apache-2.0
//
// cloudwatch/service.hpp - calls of CloudWatch Logs: signed, over a connection that is kept. For one
// thread. Source: "Actions", Amazon CloudWatch Logs API Reference.
#pragma once

#include "answer.hpp"

#include "shared/aws_credentials.hpp"
#include "shared/http_exchange.hpp"

namespace cmw::cloudwatch {

struct ServiceSettings {
    std::string region;   ///< "": AWS_REGION, AWS_DEFAULT_REGION; else there must be an endpoint.
    std::string endpoint; ///< "http://127.0.0.1:9000"; "": Amazon's for the region.
    shared::AwsCredentialSettings credentials;
    shared::HttpSettings http;
};

/// Throws CMW_CONFIG.
void check_service_settings(const ServiceSettings& settings);

class Service {
  public:
    /// Throws CMW_CONFIG if nothing says which region.
    Service(ServiceSettings settings, const shared::Environment& environment, Host host);

    /// What is asked for.
    struct Asked {
        std::string operation;
        shared::HttpBody body; ///< In JSON ...
        std::string digest;    ///< ... and its SHA-256 in hexadecimal.
        bool gzip = false;
    };

    /// The answer to one call, whatever it is. If the service says to the first call that this
    /// machine's clock is wrong, it is asked again by its own. Throws what a network does, and if
    /// there are no credentials.
    Answer call(const Call& call, const Asked& asked);

    /// Why a call was refused; `target` as "the stream a of the group b".
    Error refused(const Refusal& refusal, const std::string& operation,
                  const std::string& target) const;

    const std::string& server() const { return server_; }

  private:
    Answer ask(const Call& call, const Asked& asked);
    bool correct_clock(std::int64_t server_time);

    ServiceSettings settings_;
    std::string server_; ///< "https://logs.us-west-1.amazonaws.com"
    shared::AwsCredentials credentials_;
    shared::HttpConnection connection_;
    Host host_;
    bool asked_ = false;         ///< The clock was compared.
    std::int64_t skew_ = 0;      ///< Seconds from this machine's clock to the server's.
    std::int64_t last_date_ = 0; ///< Of the last answer, seconds since the Unix epoch; 0: none.
};

} // namespace cmw::cloudwatch
