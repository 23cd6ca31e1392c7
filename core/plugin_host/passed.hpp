// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/passed.hpp - reads and answers what a plugin passes to a function of the host.
#pragma once

#include <algorithm>
#include <cmw/abi/plugin.h>
#include <cstring>
#include <string_view>

namespace cmw::plugin_host {

/// The bytes; none if the plugin passed no pointer.
inline std::string_view view_of(cmw_str text) noexcept {
    return text.data == nullptr ? std::string_view{} : std::string_view(text.data, text.size);
}

/// Fills in the error that the plugin brought, and returns `status`.
inline cmw_status refuse(cmw_error* error, cmw_status status, std::string_view text) noexcept {
    if (error == nullptr || error->text == nullptr || error->capacity == 0) return status;
    const auto size = std::min<std::size_t>(text.size(), error->capacity - 1);
    std::memcpy(error->text, text.data(), size);
    error->text[size] = '\0';
    return status;
}

} // namespace cmw::plugin_host
