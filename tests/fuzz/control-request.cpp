// SPDX-License-Identifier: Apache-2.0
//
// What anybody who may connect to the control socket sends before it is known what he wants.
#include "control/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using cmw::control::Connection;
    const std::string head(reinterpret_cast<const char*>(data), size);
    if (head.size() > Connection::max_head) return 0;
    const auto request = cmw::control::parse_request(head);
    if (!request) return 0;
    // What a path is made of has no slash left in it that was one before it was decoded.
    for (const auto& part : request->path)
        if (part.empty()) std::abort();
    return 0;
}
