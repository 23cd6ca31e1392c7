// SPDX-License-Identifier: Apache-2.0
//
// shared/aws_service.hpp - where a service of AWS is: its region and its server, from options and the
// environment. Pure.
#pragma once

#include "shared/aws_credentials.hpp"

namespace cmw::shared {

/// `region`, or AWS_REGION, or AWS_DEFAULT_REGION; "" if none of them says one.
std::string aws_region(const std::string& region, const Environment& environment);

/// "https://logs.us-west-1.amazonaws.com", or the endpoint, without a slash at its end, if there is
/// one.
std::string aws_server(const std::string& service, const std::string& region,
                       const std::string& endpoint);

/// Throws CMW_CONFIG for a region that is no word, and for an endpoint that says more than a server.
/// `beside`: what to add to that, "" or "; keys are ...".
void check_aws_place(const std::string& region, const std::string& endpoint,
                     const std::string& beside = "");

/// For the log, when requests are signed with the time of `server`, `skew` seconds from ours.
std::string clock_warning(std::int64_t skew, const std::string& server);

} // namespace cmw::shared
