// SPDX-License-Identifier: Apache-2.0
#include "shared/http_settings.hpp"

#include "shared/http_url.hpp"

#include <Poco/URI.h>
#include <cerrno>
#include <cmw/error.hpp>
#include <system_error>
#include <unistd.h>

namespace cmw::shared {

namespace {

void check_readable(const char* option, const std::string& file) {
    if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
        throw Error(CMW_CONFIG, std::string("cannot read the ") + option + " " + file + ": " +
                                    std::generic_category().message(errno));
}

} // namespace

HttpSettings http_settings(std::chrono::nanoseconds timeout, const std::string& proxy,
                           const std::optional<std::filesystem::path>& authorities,
                           const std::optional<std::filesystem::path>& certificate,
                           const std::optional<std::filesystem::path>& key) {
    const auto text = [](const auto& path) { return path ? path->string() : std::string(); };
    return {timeout, text(authorities), text(certificate), text(key), proxy, ""};
}

void check_http_settings(const HttpSettings& settings) {
    check_readable("tls.ca", settings.ca_file);
    check_readable("tls.certificate", settings.certificate_file);
    check_readable("tls.key", settings.key_file);
    if (!settings.key_file.empty() && settings.certificate_file.empty())
        throw Error(CMW_CONFIG, "cannot use tls.key: there is no tls.certificate that it is of");
    if (settings.proxy.empty() || settings.proxy == "none") return;
    check_http_url("proxy", settings.proxy);
    if (Poco::URI(settings.proxy).getScheme() != "http")
        throw Error(CMW_CONFIG, "cannot use the proxy: it must begin with http://, by which it "
                                "also carries https");
}

} // namespace cmw::shared
