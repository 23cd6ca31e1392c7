// SPDX-License-Identifier: Apache-2.0
//
// What a server like Amazon S3 answers when it refuses, and what is made of it.
#include "shared/s3_error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto elements = cmw::shared::parse_s3_error(text);
    cmw::shared::S3Failure failure;
    failure.http = size == 0 ? 0 : 300 + data[0];
    for (const auto& [name, value] : elements) {
        if (value.size() > 300) std::abort();
        for (const char c : value)
            if (c < 0x20 || c > 0x7e) std::abort();
        if (name == "Code") failure.code = value;
        if (name == "Message") failure.message = value;
        if (name == "Region") failure.region = value;
    }
    const auto error = cmw::shared::explain(failure, {"bucket", "key", "region", "server", "it"});
    if (error.status() == CMW_OK || error.status() == CMW_CANCELLED) std::abort();
    return 0;
}
