// SPDX-License-Identifier: Apache-2.0
// Needs a function that nobody has.
#include "sample.hpp"

extern "C" int nobody_has_this(void);

static const int value = nobody_has_this();
static constexpr cmw_plugin plugin = sample::plugin;

extern "C" const cmw_library* cmw_library_1(void) noexcept {
    static const cmw_plugin* plugins[] = {value != 0 ? &plugin : nullptr, nullptr};
    static const cmw_library library{sizeof(cmw_library), CMW_ABI_MINOR, plugins};
    return &library;
}
