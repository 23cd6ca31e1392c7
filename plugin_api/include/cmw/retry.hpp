// SPDX-License-Identifier: Apache-2.0
//
// cmw/retry.hpp - to be asked again, over cmw/abi/retry.h.
#pragma once

#include <cmw/abi/retry.h>
#include <cmw/host.hpp>

namespace [[gnu::visibility("hidden")]] cmw {

/// Asks the host to repeat what failed; a host without this service does so in its own time.
inline void retry_now(const Host& host) noexcept {
    if (const auto* service = host.service<cmw_retry>(CMW_SERVICE_RETRY)) service->now(service);
}

} // namespace cmw
