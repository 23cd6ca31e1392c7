// SPDX-License-Identifier: Apache-2.0
#include "binary-source/http/places.hpp"

#include "shared/template.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>

namespace cmw::http {

namespace {

/// A target may hold anything; in a URL it is one piece of a path.
std::string as_path_piece(std::string_view text) {
    std::string encoded;
    Poco::URI::encode(std::string(text), "/?#[]@!$&'()*+,;=:", encoded);
    return encoded;
}

std::string without_checksum(const std::string& query) {
    std::string kept;
    for (std::size_t at = 0; at < query.size();) {
        const auto end = std::min(query.find('&', at), query.size());
        const auto piece = std::string_view(query).substr(at, end - at);
        if (!piece.starts_with("checksum=")) kept += (kept.empty() ? "" : "&") + std::string(piece);
        at = end + 1;
    }
    return kept;
}

} // namespace

std::string expand_url(const std::string& pattern, std::string_view target,
                       std::string_view digest) {
    return shared::expand(pattern,
                          {{"target", as_path_piece(target)}, {"digest", std::string(digest)}});
}

std::string usable_location(std::string_view location) try {
    const Poco::URI uri{std::string(location)};
    if ((uri.getScheme() != "http" && uri.getScheme() != "https") || uri.getHost().empty())
        return "";
    // As it is written: another way to write it may mean another file.
    auto url = std::string(location.substr(0, location.find_first_of("?#")));
    if (const auto query = without_checksum(uri.getRawQuery()); !query.empty()) url += "?" + query;
    return url;
} catch (const Poco::SyntaxException&) {
    return "";
}

} // namespace cmw::http
