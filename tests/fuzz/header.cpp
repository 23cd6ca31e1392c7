// SPDX-License-Identifier: Apache-2.0
//
// A block's header from the network.
#include "consensus-source/substrate/header.hpp"

#include <cmw/error.hpp>

#include <cstddef>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        cmw::substrate::decode_header({data, size});
    } catch (const cmw::Error&) {
    }
    return 0;
}
