// SPDX-License-Identifier: Apache-2.0
//
// The operator's file of hashes.
#include "consensus-source/override-file/hashes.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        cmw::override_file::parse_hashes({reinterpret_cast<const char*>(data), size});
    } catch (const cmw::Error&) {
    }
    return 0;
}
