// SPDX-License-Identifier: Apache-2.0
//
// An archive whose member is unpacked: never more than the limit, never more than was announced.
#include "binary_store/archive.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cmw;
    constexpr std::uint64_t limit = 1 << 20;
    const binary_store::ArchiveBytes archive{
        "archive", size,
        [&](std::span<std::byte> buffer, std::int64_t offset) -> tl::expected<std::size_t, int> {
            const auto at = static_cast<std::size_t>(offset);
            if (at > size) std::abort();
            const auto count = std::min(buffer.size(), size - at);
            if (count > 0) std::memcpy(buffer.data(), data + at, count);
            return count;
        }};
    std::uint64_t announced = 0;
    std::uint64_t taken = 0;
    const auto done =
        binary_store::unpack_member(archive, "bin/node", limit,
                                    {[&](std::uint64_t bytes) -> base::Result<> {
                                         announced = bytes;
                                         return {};
                                     },
                                     [&](std::span<const std::byte> bytes) -> base::Result<> {
                                         taken += bytes.size();
                                         if (taken > announced || announced > limit) std::abort();
                                         return {};
                                     }});
    if (done && taken != announced) std::abort();
    return 0;
}
