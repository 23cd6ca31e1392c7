// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/download.hpp"

#include "shared/http_exchange.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>

namespace cmw::cosmos {
namespace {

using Clock = std::chrono::steady_clock;

std::string body_of(const Call& call, shared::HttpExchange& get, const std::string& url,
                    const DownloadLimits& limits) {
    const auto end = Clock::now() + 4 * limits.timeout;
    std::string body;
    while (true) {
        call.check();
        const auto bytes = get.read();
        if (bytes.empty()) return body;
        body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (body.size() > limits.largest)
            throw Error(CMW_INVALID, "cannot read " + shared::shown_url(url) +
                                         ": it is larger than " + std::to_string(limits.largest) +
                                         " bytes");
        if (Clock::now() > end)
            throw Error(CMW_AGAIN, "cannot read " + shared::shown_url(url) + ": it is too slow");
    }
}

/// Where a redirect leads; not from a verified connection to one that is not.
std::string next_url(const std::string& url, const std::string& location) {
    try {
        const auto next = Poco::URI(Poco::URI(url), location).toString();
        const bool lowered = url.starts_with("https://") && !next.starts_with("https://");
        if (!lowered && (next.starts_with("http://") || next.starts_with("https://"))) return next;
    } catch (const Poco::Exception&) {
        // No URL.
    }
    throw Error(CMW_INVALID, "cannot follow the redirect of " + shared::shown_url(url));
}

} // namespace

std::string download(const Call& call, const std::string& url, const DownloadLimits& limits,
                     bool any_status) {
    shared::HttpSettings settings;
    settings.timeout = limits.timeout;
    settings.user_agent = limits.user_agent;
    auto at = url;
    for (int redirects = 0;; ++redirects) {
        shared::HttpExchange get(call, {.url = at, .headers = {}, .body = {}, .target = {}},
                                 settings);
        const auto location = get.header("Location");
        if (get.status() >= 300 && get.status() < 400 && !location.empty() &&
            redirects < limits.redirects) {
            at = next_url(at, location);
            continue;
        }
        if (get.status() != 200 && !any_status)
            throw Error(CMW_AGAIN, "cannot read " + shared::shown_url(at) + ": the answer is " +
                                       std::to_string(get.status()));
        return body_of(call, get, at, limits);
    }
}

} // namespace cmw::cosmos
