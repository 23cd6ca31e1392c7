// SPDX-License-Identifier: Apache-2.0
// Its library table is smaller than the first version's.
#include "sample.hpp"

extern "C" const cmw_library* cmw_library_1(void) noexcept {
    static constexpr const cmw_plugin* plugins[] = {&sample::plugin, nullptr};
    static constexpr cmw_library library{8, CMW_ABI_MINOR, plugins};
    return &library;
}
