// SPDX-License-Identifier: Apache-2.0
//
// URLs of networks and settings, what is excepted from a proxy, and the head of an answer; lines of
// the input in turn.
#include "binary-source/http/places.hpp"
#include "shared/http_answer.hpp"
#include "shared/http_exchange.hpp"
#include "shared/http_proxy.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::array<std::string, 6> lines;
    for (auto& line : lines) {
        const auto end = std::min(rest.find('\n'), rest.size());
        line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto url = cmw::http::usable_location(lines[0]);
    if (!url.empty()) {
        cmw::shared::check_http_url("location", url); // What is usable is a URL.
        const auto target = cmw::shared::request_target(url);
        if (!target.starts_with('/') || target.find_first_of(" \r\n") != target.npos) std::abort();
        cmw::shared::shown_url(url);
        cmw::shared::host_header(url);
        cmw::shared::proxy_for(url, "", [&](const char*) { return lines[1]; });
    }
    cmw::shared::is_excepted(lines[1], lines[2], 443);
    for (const int status : {200, 206, 301, 416, 503})
        for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{5}})
            cmw::shared::judge(
                {status, "Why", lines[2], lines[3], lines[4], lines[0], lines[5], lines[1]}, from,
                0);
    return 0;
}
