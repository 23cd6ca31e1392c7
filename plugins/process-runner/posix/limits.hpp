// SPDX-License-Identifier: Apache-2.0
//
// posix/limits.hpp - resource limits as setrlimit(2) takes them.
#pragma once

#include "shared/program_values.hpp"

#include <sys/resource.h>

namespace cmw::posix {

struct Limit {
    int resource;
    rlimit value; ///< Soft and hard are the same.
};

Limit limit_of(const shared::ProgramLimit& limit);

} // namespace cmw::posix
