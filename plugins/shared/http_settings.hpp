// SPDX-License-Identifier: Apache-2.0
//
// shared/http_settings.hpp - what every request of a plugin to a web server is made with.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace cmw::shared {

struct HttpSettings {
    std::chrono::nanoseconds timeout = std::chrono::seconds(30); ///< To connect; without a byte.
    std::string ca_file;          ///< Trusted instead of the system's authorities; "": these.
    std::string certificate_file; ///< Of the client, PEM, where a server asks for one; "": none.
    std::string key_file;         ///< Its private key; "": it is in certificate_file.
    std::string proxy;            ///< URL; "none"; "": as the environment says (http_proxy.hpp).
    std::string user_agent;
    std::string unix_socket{}; ///< Where the server listens, whatever host the URL names, and
                               ///< without a proxy; "": as the URL says.
};

/// From options that may not be set, without a user agent.
HttpSettings http_settings(std::chrono::nanoseconds timeout, const std::string& proxy,
                           const std::optional<std::filesystem::path>& authorities,
                           const std::optional<std::filesystem::path>& certificate = {},
                           const std::optional<std::filesystem::path>& key = {});

/// Throws CMW_CONFIG for files that cannot be read and for a proxy that is none.
void check_http_settings(const HttpSettings& settings);

} // namespace cmw::shared
