// SPDX-License-Identifier: Apache-2.0
// Its one function throws, against the rules.
#include <cmw/abi/plugin.h>

// Under another name, because the header's declaration promises not to throw.
extern "C" CMW_EXPORT const cmw_library* throwing() asm("cmw_library_1");
extern "C" const cmw_library* throwing() {
    throw 1;
}
