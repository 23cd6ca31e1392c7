// SPDX-License-Identifier: Apache-2.0
// Its one function gives nothing.
#include <cmw/abi/plugin.h>

extern "C" const cmw_library* cmw_library_1(void) noexcept {
    return nullptr;
}
