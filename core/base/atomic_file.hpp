// SPDX-License-Identifier: Apache-2.0
//
// base/atomic_file.hpp - replaces a file so that after any crash there is the old or the new one,
// whole: written beside it, synced, renamed, the folder synced.
#pragma once

#include "base/problem.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace cmw::base {

Result<> write_file_atomically(const std::string& path, std::string_view content, mode_t mode);

} // namespace cmw::base
