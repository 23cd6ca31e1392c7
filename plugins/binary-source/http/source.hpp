// SPDX-License-Identifier: Apache-2.0
//
// The binary source "http": one file by HTTP or HTTPS, from the first of several servers that has
// it, resumed where it broke off.
#pragma once

#include "shared/etags.hpp"
#include "shared/transfer.hpp"

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
        option<&Settings::timeout>(
            {.name = "timeout",
             .help = "Give up when connecting takes longer, or no byte came for this long.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::stall_timeout>(
            {.name = "stall-timeout",
             .help =
                 "A transfer has stalled, and the next mirror goes on with it, when fewer bytes "
                 "than stall-size came in this time.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::stall_size>({.name = "stall-size",
                                       .help = "See stall-timeout.",
                                       .fallback = "16KiB",
                                       .minimum = "1B"}),
        option<&Settings::bandwidth>(
            {.name = "bandwidth",
             .help = "Read at most so many bytes a second, such as \"5MiB\"; not set: any number.",
             .minimum = "1KiB"}),
        option<&Settings::max_redirects>({.name = "max-redirects",
                                          .help = "Follow so many redirects at most.",
                                          .fallback = "5",
                                          .minimum = "0",
                                          .maximum = "20"}),
        option<&Settings::proxy>(
            {.name = "proxy",
             .help =
                 "URL of the proxy to go through, http://[USER:PASSWORD@]HOST:PORT, or \"none\"; "
                 "not set: as http_proxy, https_proxy and no_proxy in the environment say."}),
        option<&Settings::ca>(
            {.name = "tls.ca",
             .help = "PEM file of the certificate authorities to trust instead of the system's."}),
        option<&Settings::certificate>(
            {.name = "tls.certificate",
             .help = "PEM file of the certificate to show to servers that ask for one."}),
        option<&Settings::key>(
            {.name = "tls.key",
             .help = "PEM file of its private key, if that is not in tls.certificate."}),
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
