// SPDX-License-Identifier: Apache-2.0
//
// shared/poster_options.hpp - options that each log backend over log_poster.hpp has in the same words.
#pragma once

#include <cmw/options.hpp>

namespace cmw::shared {

inline constexpr OptionText headers_option{
    .name = "headers",
    .help = "More header lines of each request, such as { X-Key = { file = \"...\" } }."};

inline constexpr OptionText bearer_token_option{
    .name = "bearer-token", .help = "Sent as the header Authorization: Bearer TOKEN."};

inline constexpr OptionText max_batch_option{
    .name = "max-batch",
    .help = "Bytes of records in a request, before compression; see what the server takes.",
    .fallback = "1MiB",
    .minimum = "4KiB",
    .maximum = "1MiB"};

inline constexpr OptionText linger_option{
    .name = "linger",
    .help = "How long a record may wait for others to fill a request.",
    .fallback = "1s",
    .minimum = "0s",
    .maximum = "1m"};

} // namespace cmw::shared
