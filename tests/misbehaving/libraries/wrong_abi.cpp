// SPDX-License-Identifier: Apache-2.0
// For a host of another major ABI version.
#include "sample.hpp"

extern "C" CMW_EXPORT const cmw_library* cmw_library_2(void) {
    return nullptr;
}
