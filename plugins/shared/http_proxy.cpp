// SPDX-License-Identifier: Apache-2.0
#include "shared/http_proxy.hpp"

#include <Poco/String.h>
#include <Poco/URI.h>
#include <cstdlib>

namespace cmw::shared {

namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string first_of(const Environment& environment, const char* one, const char* other) {
    const auto value = environment(one);
    return value.empty() ? environment(other) : value;
}

/// "example.org", ".example.org", "*.example.org", each with ":PORT" or without.
bool names(std::string_view entry, std::string_view host, unsigned port) {
    // An IPv6 address has more colons than one, or stands in brackets.
    const auto colon = entry.rfind(':');
    if (colon != entry.npos && (entry.find(':') == colon || entry[colon - 1] == ']')) {
        if (entry.substr(colon + 1) != std::to_string(port)) return false;
        entry = entry.substr(0, colon);
    }
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty() || !host.ends_with(entry)) return false;
    return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

} // namespace

std::string process_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool is_excepted(std::string_view no_proxy, std::string_view host, unsigned port) {
    const auto wanted = Poco::toLower(std::string(host));
    for (auto rest = no_proxy; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto entry = Poco::toLower(std::string(trim(rest.substr(0, comma))));
        if (entry == "*" || (!entry.empty() && names(entry, wanted, port))) return true;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
}

std::string proxy_for(const std::string& url, const std::string& setting,
                      const Environment& environment) {
    if (setting == "none") return "";
    if (!setting.empty()) return setting;
    const Poco::URI uri(url);
    if (is_loopback(uri.getHost())) return "";
    const auto no_proxy = first_of(environment, "no_proxy", "NO_PROXY");
    if (is_excepted(no_proxy, uri.getHost(), uri.getPort())) return "";
    auto proxy = uri.getScheme() == "https" ? first_of(environment, "https_proxy", "HTTPS_PROXY")
                                            : environment("http_proxy");
    if (!proxy.empty() && proxy.find("://") == proxy.npos) proxy.insert(0, "http://");
    return proxy;
}

} // namespace cmw::shared
