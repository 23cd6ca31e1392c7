// SPDX-License-Identifier: Apache-2.0
//
// The binary source "http": one file by HTTP or HTTPS, from the first of several servers that has
// it, resumed where it broke off.
#pragma once

#include "shared/etags.hpp"
#include "shared/transfer.hpp"
#include "shared/web_options.hpp"

#include <cmw/binary_source.hpp>

namespace cmw::http {

class Source final : public BinarySource {
  public:
    struct Settings {
        std::string url;
        std::vector<std::string> mirrors;
        bool use_locations = false;
        std::chrono::nanoseconds timeout{};
        std::chrono::nanoseconds stall_timeout{};
        Bytes stall_size{};
        std::optional<Bytes> bandwidth;
        std::int64_t max_redirects = 0;
        std::string proxy;
        std::optional<std::filesystem::path> ca;
        std::optional<std::filesystem::path> ca_file;
        std::optional<std::filesystem::path> certificate;
        std::optional<std::filesystem::path> key;
        Secret authorization;
    };

    static constexpr About about{"http", "0.2.0", "Fetches files from web servers.", "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::url>(
            {.name = "url",
             .help = "Where the file is, http or https; {target} and {digest} stand for the "
                     "component's field and the approved digest in hexadecimal."}),
        option<&Settings::mirrors>(
            {.name = "mirrors",
             .help =
                 "More such URLs, asked in this order when url fails, stalls or lacks the file."}),
        option<&Settings::use_locations>(
            {.name = "use-locations",
             .help = "Ask the URLs that the network itself names for the file, too, after url and "
                     "mirrors.",
             .fallback = "false"}),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::stall_timeout>(shared::stall_timeout_option),
        option<&Settings::stall_size>(shared::stall_size_option),
        option<&Settings::bandwidth>(shared::bandwidth_option),
        option<&Settings::max_redirects>({.name = "max-redirects",
                                          .help = "Follow so many redirects at most.",
                                          .fallback = "5",
                                          .minimum = "0",
                                          .maximum = "20"}),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
        option<&Settings::certificate>(shared::tls_certificate_option),
        option<&Settings::key>(shared::tls_key_option),
        option<&Settings::ca_file>(
            {.name = "ca-file", .help = "Now called tls.ca.", .deprecated = true}),
        option<&Settings::authorization>(
            {.name = "authorization",
             .help = "Value of the header Authorization, such as \"Bearer ...\"; sent only to the "
                     "server that url names."}),
    };
    static void check(const Settings& settings);

    Source(Settings settings, Host host);

    void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
               Writer& writer) override;

  private:
    std::vector<std::string> places(const Artifact& artifact) const;
    void fetch_from(const Call& call, const std::string& place, bool authorized,
                    shared::Transfer& transfer);

    Settings settings_;
    shared::HttpSettings http_;
    shared::TransferLimits limits_;
    shared::Etags etags_;
};

} // namespace cmw::http
