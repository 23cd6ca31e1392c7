// SPDX-License-Identifier: Apache-2.0
// A shared object, but no library of plugins.
extern "C" __attribute__((visibility("default"))) int something_else(void) {
    return 1;
}
