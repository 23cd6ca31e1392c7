// SPDX-License-Identifier: Apache-2.0
//
// substrate/endpoint.hpp - where a node listens: "ws://localhost:63007", "wss://node.example/rpc".
#pragma once

#include <cstdint>
#include <string>

namespace cmw::substrate {

struct Endpoint {
    bool secure = false;
    std::string host;
    std::uint16_t port = 0; ///< 80 or 443 if the URL has none.
    std::string resource;   ///< Path and query, "/" at least. May hold a key: not to be shown.

    /// To be shown: without path, query and user.
    std::string name() const;
};

/// Throws cmw::Error(CMW_CONFIG) if it is not a ws:// or wss:// URL with a host.
Endpoint parse_endpoint(const std::string& url);

} // namespace cmw::substrate
