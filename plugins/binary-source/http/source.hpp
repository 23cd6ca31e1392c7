// SPDX-License-Identifier: Apache-2.0
//
// The binary source "http": one file by HTTP or HTTPS, resumed where it broke off.
#pragma once

#include <cmw/binary_source.hpp>

namespace cmw::http {

class Source final : public BinarySource {
  public:
    struct Settings {
        std::string url;
        std::chrono::nanoseconds timeout;
        std::int64_t max_redirects;
        std::optional<std::filesystem::path> ca_file;
        Secret authorization;
    };

    static constexpr About about{"http", "0.1.0", "Fetches files from a web server.", "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::url>(
            {.name = "url",
             .help = "Where the file is, http or https; {target} and {digest} stand for the "
                     "component's field and the approved digest in hexadecimal.",
             .required = true}),
        option<&Settings::timeout>(
            {.name = "timeout",
             .help = "Give up when connecting takes longer, or no byte came for this long.",
             .fallback = "30s",
             .minimum = "100ms",
             .maximum = "1h"}),
        option<&Settings::max_redirects>({.name = "max-redirects",
                                          .help = "Follow so many redirects at most.",
                                          .fallback = "5",
                                          .minimum = "0",
                                          .maximum = "20"}),
        option<&Settings::ca_file>(
            {.name = "ca-file",
             .help = "PEM file of the certificate authorities to trust instead of the system's."}),
        option<&Settings::authorization>(
            {.name = "authorization",
             .help = "Value of the header Authorization, such as \"Bearer ...\"; sent only to the "
                     "server that url names."}),
    };
    static void check(const Settings& settings);

    Source(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {}

    void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
               Writer& writer) override;

  private:
    Settings settings_;
    Host host_;
};

} // namespace cmw::http
