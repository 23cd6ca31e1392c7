// SPDX-License-Identifier: Apache-2.0
//
// A runtime's metadata, and a value decoded by what they say.
#include "consensus-source/substrate/approvals.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const cmw::substrate::Bytes bytes(data, size);
    try {
        const auto item = cmw::substrate::find_storage_item(bytes, "XXCmix", "CmixHashes");
        cmw::substrate::approvals(item, bytes.last(bytes.size() / 2));
    } catch (const cmw::Error&) {
    }
    return 0;
}
