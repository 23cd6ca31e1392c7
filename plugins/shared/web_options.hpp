// SPDX-License-Identifier: Apache-2.0
//
// shared/web_options.hpp - the declarations of options that each plugin which asks a web server has
// in the same words: option<&Settings::timeout>(shared::timeout_option).
#pragma once

#include <cmw/options.hpp>

namespace cmw::shared {

inline constexpr OptionText timeout_option{
    .name = "timeout",
    .help = "Give up when connecting takes longer, or no byte came for this long.",
    .fallback = "30s",
    .minimum = "100ms",
    .maximum = "1h"};

inline constexpr OptionText stall_timeout_option{
    .name = "stall-timeout",
    .help = "A transfer has stalled, and is gone on with later or at the next place, when fewer "
            "bytes than stall-size came in this time.",
    .fallback = "30s",
    .minimum = "100ms",
    .maximum = "1h"};

inline constexpr OptionText stall_size_option{
    .name = "stall-size", .help = "See stall-timeout.", .fallback = "16KiB", .minimum = "1B"};

inline constexpr OptionText bandwidth_option{
    .name = "bandwidth",
    .help = "Read at most so many bytes a second, such as \"5MiB\"; not set: any number.",
    .minimum = "1KiB"};

inline constexpr OptionText proxy_option{
    .name = "proxy",
    .help = "URL of the proxy to go through, http://[USER:PASSWORD@]HOST:PORT, or \"none\"; not "
            "set: as http_proxy, https_proxy and no_proxy in the environment say."};

inline constexpr OptionText tls_ca_option{
    .name = "tls.ca",
    .help = "PEM file of the certificate authorities to trust instead of the system's."};

inline constexpr OptionText tls_certificate_option{
    .name = "tls.certificate",
    .help = "PEM file of the certificate to show to servers that ask for one."};

inline constexpr OptionText tls_key_option{
    .name = "tls.key", .help = "PEM file of its private key, if that is not in tls.certificate."};

} // namespace cmw::shared
