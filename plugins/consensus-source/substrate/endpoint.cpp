// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/endpoint.hpp"

#include <cmw/error.hpp>

#include <Poco/Exception.h>
#include <Poco/URI.h>

namespace cmw::substrate {

std::string Endpoint::name() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (secure ? "wss://" : "ws://") + (brackets ? "[" + host + "]" : host) + ":" +
           std::to_string(port);
}

Endpoint parse_endpoint(const std::string& url) {
    try {
        const Poco::URI uri(url);
        const bool secure = uri.getScheme() == "wss";
        if (!secure && uri.getScheme() != "ws") throw Poco::SyntaxException("no ws:// or wss://");
        if (uri.getHost().empty()) throw Poco::SyntaxException("no host");
        auto resource = uri.getPathAndQuery();
        if (!resource.starts_with('/')) resource.insert(0, "/");
        std::uint16_t port = uri.getPort();
        if (port == 0) port = secure ? 443 : 80;
        return {secure, uri.getHost(), port, std::move(resource)};
    } catch (const Poco::Exception& e) {
        // The URL itself may hold a key.
        throw Error(CMW_CONFIG, "cannot use an endpoint: " + e.message() +
                                    "; write \"ws://HOST:PORT\" or \"wss://HOST:PORT\"");
    }
}

} // namespace cmw::substrate
