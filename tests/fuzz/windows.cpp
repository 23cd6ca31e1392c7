// SPDX-License-Identifier: Apache-2.0
//
// Times of the week as an operator writes them: what is taken for one opens within a week, again and
// again.
#include "base/window.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cmw::base;
    std::uint32_t minute = 0; // Of now: within 200 years after 1970.
    if (size < sizeof minute) return 0;
    std::memcpy(&minute, data, sizeof minute);
    const std::string_view text(reinterpret_cast<const char*>(data) + sizeof minute,
                                size - sizeof minute);
    const auto window = parse_window(text);
    if (!window) return 0;
    if (window->days == 0 || window->days > 0x7F || window->text != text) std::abort();
    UnixTime now{std::chrono::minutes(minute % (200U * 365 * 24 * 60))};
    for (int i = 0; i < 10; ++i) {
        const auto opening = next_opening({&*window, 1}, now);
        if (!opening || opening->from >= opening->until || opening->until <= now) std::abort();
        if (opening->from - now > std::chrono::days(7)) std::abort();
        if (opening->until - opening->from > std::chrono::days(1)) std::abort();
        now = opening->until;
    }
    return 0;
}
