// SPDX-License-Identifier: Apache-2.0
#include "shared/http_url.hpp"

#include "shared/http_connect.hpp"

#include <cmw/error.hpp>

namespace cmw::shared {

std::string shown_url(const std::string& url) {
    Poco::URI uri(url);
    uri.setUserInfo("");
    uri.setRawQuery("");
    uri.setFragment("");
    return uri.toString();
}

std::string request_target(const std::string& url) {
    const auto host = url.find("://") + 3;
    const auto first = std::min(url.find_first_of("/?#", host), url.size());
    const auto text = url.substr(first, url.find('#', first) - first);
    std::string target = text.starts_with('/') ? "" : "/";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f)
            target += c;
        else
            target += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
    }
    return target;
}

std::string host_header(const std::string& url) {
    return host_and_port(Poco::URI(url));
}

void check_http_url(const std::string& name, const std::string& url) {
    const auto wrong = [&](const char* why) {
        throw Error(CMW_CONFIG, "cannot use the " + name + ": " + why);
    };
    Poco::URI uri;
    try {
        uri = url;
    } catch (const Poco::SyntaxException&) {
        wrong("it is not a URL");
    }
    if (uri.getScheme() != "http" && uri.getScheme() != "https")
        wrong("it must begin with http:// or https://");
    if (uri.getHost().empty()) wrong("it names no host");
}

} // namespace cmw::shared
