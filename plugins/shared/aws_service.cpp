// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_service.hpp"

#include "shared/http_url.hpp"

#include <Poco/URI.h>
#include <cstdlib>

namespace cmw::shared {

std::string aws_region(const std::string& region, const Environment& environment) {
    if (!region.empty()) return region;
    auto found = environment("AWS_REGION");
    return found.empty() ? environment("AWS_DEFAULT_REGION") : found;
}

std::string aws_server(const std::string& service, const std::string& region,
                       const std::string& endpoint) {
    if (!endpoint.empty())
        return endpoint.ends_with('/') ? endpoint.substr(0, endpoint.size() - 1) : endpoint;
    const auto* china = region.starts_with("cn-") ? ".cn" : "";
    return "https://" + service + "." + region + ".amazonaws.com" + china;
}

void check_aws_place(const std::string& region, const std::string& endpoint,
                     const std::string& beside) {
    if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_") != std::string::npos)
        throw Error(CMW_CONFIG,
                    "cannot use the region " + region + ": it is a word such as us-west-1");
    if (endpoint.empty()) return;
    check_http_url("endpoint", endpoint);
    const Poco::URI uri(endpoint);
    if (uri.getPathEtc().size() > 1 || !uri.getUserInfo().empty())
        throw Error(CMW_CONFIG, "cannot use the endpoint: it must be no more than http:// or "
                                "https://, a host and a port" +
                                    beside);
}

std::string clock_warning(std::int64_t skew, const std::string& server) {
    return "this machine's clock is " + std::to_string(std::abs(skew)) + " s " +
           (skew > 0 ? "behind" : "ahead of") + " that of " + server +
           ": requests are signed with the server's time; set the clock";
}

} // namespace cmw::shared
