// SPDX-License-Identifier: Apache-2.0
// From a newer SDK: every struct is larger than the host's. Nothing is wrong with it.
#include "sample.hpp"

struct LargerOption {
    cmw_option option;
    const char* more[3];
};
static constexpr LargerOption options[] = {
    {{"first", CMW_TYPE_SIZE, 0, "1MiB", nullptr, nullptr, nullptr, "One."}, {}},
    {{"second", CMW_TYPE_LIST, 0, "[\"a\"]", nullptr, nullptr, nullptr, "Two."}, {}}};
struct LargerPlugin {
    cmw_plugin plugin;
    const char* more[3];
};
static constexpr LargerPlugin larger{sample::with([](auto& p) {
                                         p.struct_size = sizeof(LargerPlugin);
                                         p.name = "larger";
                                         p.options = &options[0].option;
                                         p.option_count = 2;
                                         p.option_size = sizeof(LargerOption);
                                     }),
                                     {}};
SAMPLE_LIBRARY(&larger.plugin)
