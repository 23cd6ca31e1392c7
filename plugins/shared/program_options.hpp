// SPDX-License-Identifier: Apache-2.0
//
// shared/program_options.hpp - the declarations of options that each process runner has in the same
// words for a service's use of it.
#pragma once

#include <cmw/options.hpp>

namespace cmw::shared {

inline constexpr OptionText program_group_option{
    .name = "group", .help = "Group to run it as; the user's own by default."};

inline constexpr OptionText program_limits_option{
    .name = "limits",
    .help = "Resource limits by their names in setrlimit(2), soft and hard: "
            "{ nofile = \"65536\", core = \"0\", as = \"unlimited\" }."};

} // namespace cmw::shared
