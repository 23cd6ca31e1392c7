// SPDX-License-Identifier: Apache-2.0
//
// base/routes.hpp - the machine's routes for IPv4, as the kernel tells them: rtnetlink(7).
#pragma once

#include "base/system.hpp"

namespace cmw::base {

struct Route {
    bool is_default = false;
    std::uint32_t initcwnd = 0; ///< Segments that a connection sends at once; 0: the kernel's.
    std::uint32_t initrwnd = 0; ///< Segments that it offers to take.

    bool operator==(const Route&) const = default;
};

/// Of the main table, out of the answer to a dump of routes. What makes no sense is left out. Pure.
std::vector<Route> parse_routes(std::span<const std::byte> messages);

/// All of the main table.
sys::Outcome<std::vector<Route>> main_routes();

} // namespace cmw::base
