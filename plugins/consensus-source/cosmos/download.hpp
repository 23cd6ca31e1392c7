// SPDX-License-Identifier: Apache-2.0
//
// cosmos/download.hpp - small documents over HTTP.
#pragma once

#include <cmw/host.hpp>

#include <string>

namespace cmw::cosmos {

struct DownloadLimits {
    std::chrono::nanoseconds timeout =
        std::chrono::seconds(30);   ///< To connect; without a byte; and four times as long for all.
    std::size_t largest = 1u << 20; ///< In bytes.
    int redirects = 0;
    std::string user_agent;
};

/// The body, whatever the status if `any_status`. Throws cmw::Error as HttpExchange, and CMW_INVALID if it
/// is too large, CMW_AGAIN if the status is not 200.
std::string download(const Call& call, const std::string& url, const DownloadLimits& limits,
                     bool any_status = false);

} // namespace cmw::cosmos
