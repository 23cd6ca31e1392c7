// SPDX-License-Identifier: Apache-2.0
// Has no table of plugins.
#include <cmw/abi/plugin.h>

extern "C" const cmw_library* cmw_library_1(void) noexcept {
    static constexpr cmw_library library{sizeof(cmw_library), CMW_ABI_MINOR, nullptr};
    return &library;
}
